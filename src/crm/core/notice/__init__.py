"""Notices: messages to customers, sent through a gateway after the business has been committed."""
