"""Ordering: a basket judged as a whole, consents, one ProductOrder, and its effect in time.

`service` is the door: judge, submit, cancel_reserved, start_remedy, and the two rounds activate_due and
deliver_provisioning. Behind it each step has a module of its own; `engine`, `basket`, `facts`, `states`,
`timing`, `authentication` and `messages` are pure.
docs/decisions/0015-orders-do-what-was-told.md says why it is so.
"""
