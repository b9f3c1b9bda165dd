"""The files of the engine in memory. For tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of the bucket. Each change makes a new `version`."""

    content: bytes
    modified: float
    version: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of the cache, and the bucket's version that it equals; None if never saved."""

    content: bytes
    modified: float
    tier: str
    taken: int | None = None
    changed: bool = False
