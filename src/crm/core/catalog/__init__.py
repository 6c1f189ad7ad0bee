"""Catalogue: what can be sold, at which price, to whom, and what goes with what."""
