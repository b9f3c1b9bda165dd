"""Preload: one of three carriers brings missing blocks into the cache."""
