"""Ordering: a basket judged as a whole, consents, one ProductOrder, and its effect in time."""
