"""Work orders: pieces of work for a queue, with a clock, a history and rules of who may do what."""
