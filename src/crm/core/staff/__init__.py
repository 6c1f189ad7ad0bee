"""Staff: who works here, in which role and group, how they log in, and what each role may do."""
