"""The stamp of a cached file: what its source was when the copy was taken or saved.

An extended attribute of the copy, so that no index can go wrong. Used in web and the job process.
"""

import os
from contextlib import suppress
from typing import NamedTuple

import orjson

ATTRIBUTE = "user.avio.source"


class Stamp(NamedTuple):
    """Size, mtime and etag of the source, and the mtime that the copy itself had at that moment."""

    size: int
    mtime_ns: int
    etag: str | None
    local_mtime_ns: int


def read_stamp(fd: int) -> Stamp | None:
    """Return the stamp of an open file; None where it has none, or one that is not ours."""
    try:
        return Stamp(**orjson.loads(os.getxattr(fd, ATTRIBUTE)))
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(fd: int, stamp: Stamp) -> None:
    """Put the stamp on an open file; where extended attributes are not to be had, size and mtime must do."""
    with suppress(OSError):
        os.setxattr(fd, ATTRIBUTE, orjson.dumps(stamp._asdict()))
