"""Inventory: the products each line holds, why, since when and for how long."""
