"""Customers and their lines: who they are, how they are found, and what is masked."""
