"""Many files of a check that stand alike: they are counted as a whole, and told one by one only if somebody asks.

Used by the engines and the executor. Pure.
"""

from collections.abc import Callable, Sequence
from typing import overload

from avio.engines.base import Entry


class Alike(Sequence[Entry]):
    """Entries that differ in path, size, time and token alone. `size` is their sum in bytes.

    `make` makes the entry at a place; there are `count`.
    """

    def __init__(self, count: int, size: int, make: Callable[[int], Entry]) -> None:
        self.size = size
        self._count = count
        self._make = make

    def __len__(self) -> int:
        """Return how many there are."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> Entry: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Entry]: ...

    def __getitem__(self, place: int | slice) -> Entry | Sequence[Entry]:
        """Return the entry at a place, or those of a slice."""
        places = range(self._count)[place]
        return self._make(places) if isinstance(places, int) else [self._make(each) for each in places]
