"""Channels translate: each handler makes one call to a core service."""
