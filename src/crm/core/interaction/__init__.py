"""Interactions: each call, what was checked and noted on it, and the drafts nobody may lose."""
