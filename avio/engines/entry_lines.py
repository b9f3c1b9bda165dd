"""Entries as JSON lines. Used by engines and the job process. Pure."""

import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from avio.engines.base import Entry
from avio.wire.paths import is_text


class LinedRun(Sequence[Entry]):
    """Entries that know their lines and the sum of their sizes: a listing of many files makes no entry of each."""

    __slots__ = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """The sum of the sizes."""

    @abstractmethod
    def lines(self) -> bytes:
        """Return the lines, as `lines_of` would make them."""


def lines_of(entries: Sequence[Entry]) -> bytes:
    """Return a line for each entry; in ASCII if its path is not UTF-8, since a file takes no lone surrogates."""
    if isinstance(entries, LinedRun):
        return entries.lines()
    if all(is_text(entry.path) for entry in entries):
        return lines_of_objects(entries)
    return b"".join(json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n" for entry in entries)


def lines_of_objects(objects: Sequence[Any]) -> bytes:
    """Return a line for each of `objects`, which begin with their path. Raises JSONEncodeError.

    One call for all of them is much faster. In a text, each quote has a backslash before it.
    """
    text = orjson.dumps(objects)[1:-1].replace(b'},{"path":', b'}\n{"path":')
    return text + b"\n" if text else text
