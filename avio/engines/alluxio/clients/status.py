"""The status of a path in Alluxio's namespace: its blocks, their locations, and whether it is persisted.

Used by the clients and by the engine. The same for gRPC and REST. Opens no connection.
"""

from enum import StrEnum
from typing import NamedTuple


class Persistence(StrEnum):
    """The persistence state of a file, by Alluxio's own names."""

    NOT_PERSISTED = "NOT_PERSISTED"
    TO_BE_PERSISTED = "TO_BE_PERSISTED"
    PERSISTED = "PERSISTED"
    LOST = "LOST"  # its blocks vanished before they were persisted


class Address(NamedTuple):
    """The address of a worker's gRPC."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Location(NamedTuple):
    """One replica of a block: its worker, tier and medium."""

    worker: Address
    worker_id: int
    tier: str
    medium: str


class Block(NamedTuple):
    """A block of a file: bytes `offset` to `offset + length`. Without locations it is not in the cache."""

    id: int
    length: int
    offset: int
    locations: tuple[Location, ...]


class Status(NamedTuple):
    """A file or directory. For a directory, `length` is the number of its children and there are no blocks.

    `modified` is in milliseconds since the epoch. `ufs_path` is empty and `mount_id` 0 if the listing omitted
    them. `percent` is the share of bytes in the cache, 100 for an empty file. `fingerprint` is the
    bucket's version as Alluxio knows it, or empty.
    """

    path: str
    folder: bool
    length: int
    completed: bool
    persistence: Persistence
    mount_point: bool
    mount_id: int
    ufs_path: str
    blocks: tuple[Block, ...]
    percent: int
    modified: int
    fingerprint: str
    pinned: bool

    def changed_since(self, before: "Status") -> bool:
        """Return True if the file differs from `before` in length or time."""
        return (self.length, self.modified) != (before.length, before.modified)


class MountPoint(NamedTuple):
    """A mount of Alluxio: a path and its bucket (`ufs_uri`, e.g. s3://bucket/)."""

    path: str
    ufs_uri: str
    mount_id: int
    read_only: bool
