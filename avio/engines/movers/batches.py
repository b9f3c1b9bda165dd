"""Groups rows into batches: so many that a batch is worth its packet, so few that all movers have work.

Runs in the job process. Pure.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from avio.engines.movers.packets import PACKET_BYTES, Row, packed

T = TypeVar("T")

BATCH_ROWS = 100
BATCH_BYTES = 64 << 20  # of files: large ones spread over all movers

_AROUND_ROWS = 64  # bytes of a packet beside its rows, at most


@dataclass(slots=True, eq=False)
class Batch:
    """Rows for a mover. `work` is what the engine keeps for each row; a result begins with the row's place.

    `size` is in bytes. `open` are the places without a result. `again` is True if a mover died with these rows: it may
    have done them. `deaths` counts the movers that died at work on them, without a result of them in between. `settle`
    takes the bytes of files with a result: its mover counts them as under way no longer.
    """

    rows: list[Row]
    work: list[Any]
    size: int = 0
    again: bool = False
    deaths: int = 0
    settle: Callable[[int], object] = lambda _: None
    open: set[int] = field(init=False)
    _text: bytes = field(init=False)  # of the rows, as they cross the socket

    def __post_init__(self) -> None:
        """All rows are open."""
        self.open = set(range(len(self.rows)))
        self._text = packed(self.rows)

    def packet(self, number: int) -> bytes:
        """Return the packet that gives the batch to a mover, under this `number`."""
        return b'["batch",%d,%b,%b]' % (number, self._text, b"true" if self.again else b"false")

    @property
    def fits(self) -> bool:
        """True if the rows are few or short enough for a packet."""
        return len(self._text) + _AROUND_ROWS <= PACKET_BYTES

    def halves(self) -> "tuple[Batch, Batch]":
        """Return two batches of half of the rows each, before any mover has the batch."""
        half = len(self.rows) // 2
        return (
            Batch(self.rows[:half], self.work[:half], self.size),
            Batch(self.rows[half:], self.work[half:], self.size),
        )

    def rest(self, *, begun: bool) -> "Batch":
        """Return a batch of the rows without a result, after the death of their mover, which had `begun` with them."""
        left = sorted(self.open)
        rows, work = [self.rows[place] for place in left], [self.work[place] for place in left]
        deaths = begun + (self.deaths if len(left) == len(self.rows) else 0)
        return Batch(rows, work, self.size, again=True, deaths=deaths)


def in_batches(
    work: Iterable[T | None], row_of: Callable[[T], Row | None], size_of: Callable[[T], int] = lambda _: 0
) -> Iterator[Batch | None]:
    """Yield the work as `batched`. `row_of` returns None for work that no mover is to do."""

    def batch_of(some: list[T]) -> Batch:
        both = [(row, each) for each in some if (row := row_of(each)) is not None]
        return Batch([row for row, _ in both], [each for _, each in both], sum(size_of(each) for _, each in both))

    return batched(work, batch_of, size_of)


def batched(
    work: Iterable[T | None], batch_of: Callable[[list[T]], Batch], size_of: Callable[[T], int] = lambda _: 0
) -> Iterator[Batch | None]:
    """Yield the work in batches. None in `work` (nothing is there now) ends a batch, and is yielded.

    A batch without rows tells of work that no mover is to do. `size_of` is in bytes.
    """
    for some in _some_at_a_time(work, size_of):
        if some is None:
            yield None
        else:
            yield from _fitting(batch_of(some))


def _some_at_a_time(work: Iterable[T | None], size_of: Callable[[T], int]) -> Iterator[list[T] | None]:
    taken: list[T] = []
    size = 0
    for each in work:
        if each is not None:
            taken.append(each)
            size += size_of(each)
            if len(taken) < BATCH_ROWS and size <= BATCH_BYTES:
                continue
        if taken:
            yield taken
            taken, size = [], 0
        if each is None:
            yield None
    if taken:
        yield taken


def _fitting(batch: Batch) -> Iterator[Batch]:
    if batch.fits or len(batch.rows) < 2:
        yield batch
        return
    for half in batch.halves():
        yield from _fitting(half)
