"""Objects that must be restored before they can be read, as a listing of S3 tells. Used in web and the job process."""

import re
from collections.abc import Sequence
from typing import Any

MAX_KEYS = 10_000  # that wait for somebody to ask about them; others are forgotten

_MARKS = (b"GLACIER", b"DEEP_ARCHIVE")
_OBJECT = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_ARCHIVED = re.compile(rb"<StorageClass>\s*(?:GLACIER|DEEP_ARCHIVE)\s*</StorageClass>")


def archived_keys(body: bytes, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Return the keys of a page's objects that are archived. `rows` are all of its objects, in order.

    A page whose text has another form tells nothing.
    """
    if not any(mark in body for mark in _MARKS):
        return []
    objects = _OBJECT.findall(body)
    if len(objects) != len(rows):
        return []
    return [row[0] for row, text in zip(rows, objects, strict=True) if _ARCHIVED.search(text)]


class ArchivedKeys:
    """The archived keys of one bucket that its listings have met, each until somebody asks about it."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def add(self, keys: Sequence[str]) -> None:
        """Note the keys of a page."""
        if len(self.keys) < MAX_KEYS:
            self.keys.update(keys)

    def take(self, key: str) -> bool:
        """Return True, once, if `key` is one of them."""
        if key not in self.keys:
            return False
        self.keys.discard(key)
        return True
