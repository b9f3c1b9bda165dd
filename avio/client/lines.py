"""Reads replies that come line by line: texts, and objects of JSON."""

import json
from collections.abc import Iterator
from typing import Any

from avio.client.connections import Reply
from avio.client.errors import Cut


def split_lines(reply: Reply) -> Iterator[bytes]:
    """Yield lines that end in LF alone: `splitlines` would break a path that holds U+2028."""
    rest = b""
    for chunk in reply.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def read_objects(reply: Reply) -> Iterator[Any]:
    """Yield the objects of a reply, one a line. Raise Cut where the server had to end it early."""
    for line in split_lines(reply):
        found = json.loads(line)
        if "cut" in found:
            raise Cut(found["message"])
        yield found
