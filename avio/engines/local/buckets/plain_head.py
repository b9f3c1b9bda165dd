"""Reads the heads of replies that come past libcurl: only the usual form is known. Pure.

Used in the job process and in its movers. The form is that of RFC 9112: one Content-Length, and no transfer coding.
"""

import re
from typing import NamedTuple

HEAD_BYTES = 2 << 10  # that most heads have
MOST_HEAD_BYTES = 64 << 10

_STATUS = re.compile(rb"http/1\.1 (?!204|304)([2-5]\d\d)[ \r]")  # these two have no body, whatever they say
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r")
_REFUSAL = re.compile(rb"HTTP/1\.[01] ([45]\d\d)[ \r]")
_CLOSE = re.compile(rb"\nconnection:[^\r]*close")


class UsualHead(NamedTuple):
    """The status, the number of bytes of the body, and whether the store closes the connection behind it."""

    status: int
    size: int
    closes: bool


def usual_head(head: bytes) -> UsualHead | None:
    """Return what a head says, None if only libcurl can read such a reply."""
    small = head.lower()
    status, length = _STATUS.match(small), _LENGTH.search(small)
    if status is None or length is None or b"\ntransfer-encoding" in small or small.count(b"\ncontent-length") != 1:
        return None
    closes = b"\nconnection:" in small and _CLOSE.search(small) is not None
    return UsualHead(int(status[1]), int(length[1]), closes)


def refusal_in(head: bytes) -> int:
    """Return the status of an error, 0 if it is none. Its body counts for nothing, whatever its form is."""
    found = _REFUSAL.match(head)
    return int(found[1]) if found else 0
