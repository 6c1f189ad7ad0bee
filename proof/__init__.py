"""Proofs of the checker that take longer than a test may: `make proof`. What is proved: docs/proof.md."""
