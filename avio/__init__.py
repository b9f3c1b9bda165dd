"""avio: preload, save, list and stat of training data in a cache, as a service.

Nothing lives here but the version; every room is imported by its own name.
"""

__version__ = "0.2.0"
