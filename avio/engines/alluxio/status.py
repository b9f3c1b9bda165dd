"""A path of the Alluxio namespace as the master sees it: its blocks, where they lie, whether it is persisted.

Used by the clients and by the engine; the same whether it came by gRPC or by REST. Opens nothing.
"""

from enum import StrEnum
from typing import NamedTuple


class Persistence(StrEnum):
    """How a file stands to its bucket, in Alluxio's own words."""

    NOT_PERSISTED = "NOT_PERSISTED"
    TO_BE_PERSISTED = "TO_BE_PERSISTED"
    PERSISTED = "PERSISTED"
    LOST = "LOST"  # its blocks vanished before they were persisted


class Address(NamedTuple):
    """Where a worker's gRPC answers."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Location(NamedTuple):
    """One replica of a block: the worker that holds it, and on which tier and medium."""

    worker: Address
    worker_id: int
    tier: str
    medium: str


class Block(NamedTuple):
    """A block of a file: bytes `offset` to `offset + length`. No locations: it is not in the cache."""

    id: int
    length: int
    offset: int
    locations: tuple[Location, ...]


class Status(NamedTuple):
    """A file or directory. For a directory, `length` is the number of its children and there are no blocks.

    `modified` is in milliseconds since the epoch. `ufs_path` is empty and `mount_id` 0 where the listing left
    them out. `percent` is the share of bytes in the cache, 100 for an empty file. `fingerprint` is the
    bucket's version as Alluxio knows it, empty where it knows none.
    """

    path: str
    folder: bool
    length: int
    completed: bool
    persistence: Persistence
    mount_point: bool
    mount_id: int
    ufs_path: str
    block_size: int
    blocks: tuple[Block, ...]
    percent: int
    modified: int
    fingerprint: str
    pinned: bool

    def changed_since(self, before: "Status") -> bool:
        """Tell whether a file has other content than `before`, by its length and time."""
        return (self.length, self.modified) != (before.length, before.modified)


class MountPoint(NamedTuple):
    """A path that Alluxio ties to a bucket (`ufs_uri`, e.g. s3://bucket/)."""

    path: str
    ufs_uri: str
    mount_id: int
    read_only: bool
