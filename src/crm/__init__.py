"""10086 Desk: the agent desk of hotline 10086. Floors: app > channels > core > platform."""
