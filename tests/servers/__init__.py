"""Servers that tests, e2e and bench start for themselves: each a context manager, stopped by pid."""
