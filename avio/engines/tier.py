"""A tier as an engine shows it, and what a free has dropped. Used in every process that has an engine. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: capacity and used bytes. `worker` is set if the tier is spread over workers.

    `gives_way` is True if the cache drops old files for new ones. `available` is set if fewer bytes are free than
    the capacity leaves: its disk has fewer, or running jobs were promised some: `reserved` bytes.
    """

    alias: str
    capacity: int
    used: int
    worker: str | None = None
    gives_way: bool = False
    available: int | None = None
    reserved: int = 0

    @property
    def free(self) -> int:
        """Free bytes."""
        return max(0, min(self.capacity - self.used, self.capacity if self.available is None else self.available))

    @property
    def room(self) -> int:
        """Bytes that a preload can bring in."""
        return self.capacity if self.gives_way else self.free


@dataclass(frozen=True, slots=True)
class Freed:
    """The number of dropped files, and their cached bytes. Of `gone` files the bucket has no object any longer."""

    files: int
    bytes: int
    gone: int = 0
