"""Whether the keys of a listing go forward, so that no page comes twice. Pure; used in every process."""

from collections.abc import Sequence
from operator import lt
from typing import Any

from avio.errors import BadReply, StoreError

BYTES = "/"
NAMES = "\0"


def place(key: str, separator: str) -> str:
    """Return what sorts as `key` does in a store where `separator` stands for a slash."""
    return key if separator == BYTES else key.replace("/", separator)


class KeyOrder:
    """The order of one listing: any of `separators` at first; one that a key contradicts is out."""

    def __init__(self, separators: Sequence[str]) -> None:
        self._left = list(separators)
        self._last: str | None = None

    def breaks(self, keys: list[str]) -> str | None:
        """Take the next keys. Return the first that is in no order with those before it, or None."""
        broken = None
        for separator in tuple(self._left):
            found = self._first_back(keys, separator)
            if found is not None:
                self._left.remove(separator)
                broken = found
        if keys:
            self._last = keys[-1]
        return broken if not self._left else None

    def is_after(self, key: str, begin: str) -> bool:
        """Return True if `key` may come after the place `begin`."""
        return any(_sortable(place(key, each)) > _sortable(place(begin, each)) for each in self._left)

    def _first_back(self, keys: list[str], separator: str) -> str | None:
        texts = keys if self._last is None else [self._last, *keys]
        places = _places(texts, separator)
        if all(map(lt, places, places[1:])):
            return None
        return next(texts[at] for at in range(1, len(texts)) if not places[at - 1] < places[at])


def _places(texts: list[str], separator: str) -> list[Any]:
    """Return what sorts as the store sorts: bytes. ASCII sorts as its bytes do."""
    texts = [place(text, separator) for text in texts] if separator != BYTES else texts
    return texts if "".join(texts).isascii() else [_sortable(text) for text in texts]


def _sortable(text: str) -> bytes:
    """Return the bytes of a key. Stores sort bytes; a code point that stands for a stray byte would sort elsewhere."""
    return text.encode("utf-8", "surrogateescape")


class Cycle:
    """Finds a cycle in the pages of a listing: it keeps one mark, and a later one at each power of two (Brent)."""

    def __init__(self) -> None:
        self._kept = ""
        self._seen = 0
        self._next = 1

    def repeats(self, mark: str) -> bool:
        """Return True if `mark` was seen before."""
        if mark == self._kept:
            return True
        self._seen += 1
        if self._seen == self._next:
            self._kept, self._next = mark, self._next * 2
        return False


def disorder(name: str, key: str) -> StoreError:
    """Return the error of a listing of `name` in which `key` is out of order."""
    return StoreError(
        f"{name} does not list in the order of its keys: {key!r} is out of order or comes twice",
        cure="set the mount's option key_order to names: SeaweedFS and similar stores sort name by name",
    )


def endless(name: str) -> BadReply:
    """Return the error of a listing of `name` that repeats itself."""
    return BadReply(
        f"{name}: the store's listing does not end: it repeats itself",
        cure="check the store, and any proxy or cache before it",
    )
