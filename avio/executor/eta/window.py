"""The samples of a transfer: files, bytes and seconds, in chunks that grow with the job. Newer ones count for more.

Runs in the job process. Pure. Standard library only.
"""

from dataclasses import dataclass

from avio.executor.eta.cost_model import Cost, Sample

CHUNK_SECONDS = 0.5  # of the first chunks
MAX_CHUNKS = 40
# A chunk counts half after this share of the time so far, and after so many seconds at least.
HALF_LIFE_SHARE = 0.5
HALF_LIFE_SECONDS = 20.0
# What the pace of the last chunks says about all rates together.
PACE_SHARE = 0.15
PACE_SECONDS = 6.0
# Of chunks beside the listing, which takes time of the transfer, and of the first ones, while requests are added.
EARLY_WEIGHT = 0.2
START_SECONDS = 1.0
CALM_SECONDS = 2.0  # of chunks at the pace of the model, which the last chunks have to outweigh


@dataclass(slots=True)
class Chunk:
    """What came in some `seconds`, until the moment `end`."""

    end: float
    files: int
    bytes: int
    seconds: float
    weight: float


class Window:
    """The chunks of one attempt. Counts and moments only rise."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._open: Chunk | None = None
        self._chunk_seconds = CHUNK_SECONDS
        self._last: tuple[float, int, int] | None = None
        self._has_begun = False
        self.began: float | None = None
        self._moved_at = 0.0  # when a file or a byte came last
        self.longest_gap = 0.0  # between two of them

    def add(self, now: float, files: int, size: int, *, listing: bool = False) -> None:
        """Record that `files` and `size` bytes are done at the moment `now`, while the `listing` goes on or not."""
        then, files_then, size_then = self._last or (now, files, size)
        came, came_size = max(0, files - files_then), max(0, size - size_then)
        if self._last is None or not self._has_begun:
            # The start of a job says nothing about its pace: the first files begin the time, and are none of a chunk.
            self._has_begun = self._last is not None and bool(came or came_size)
            self._last = now, files, size
            self.began = self._moved_at = now
            return
        if now <= then:
            return
        self._last = now, max(files, files_then), max(size, size_then)
        if came or came_size:
            self.longest_gap = max(self.longest_gap, then - self._moved_at)
            self._moved_at = now
        is_early = listing or now - (self.began or now) <= START_SECONDS
        came_now = Chunk(now, came, came_size, now - then, EARLY_WEIGHT if is_early else 1.0)
        self._open = came_now if self._open is None else _joined(self._open, came_now)
        if self._open.seconds >= self._chunk_seconds * 0.99 and (self._open.files or self._open.bytes):
            self._chunks.append(self._open)
            self._open = None
        if len(self._chunks) > MAX_CHUNKS:
            self._chunks = [_joined(*self._chunks[at : at + 2]) for at in range(0, len(self._chunks), 2)]
            self._chunk_seconds *= 2

    @property
    def seconds(self) -> float:
        """How long the samples span."""
        return 0.0 if self._last is None or self.began is None else self._last[0] - self.began

    @property
    def silence(self) -> float:
        """Seconds since a file or a byte came last."""
        return 0.0 if self._last is None else self._last[0] - self._moved_at

    def samples(self) -> list[Sample]:
        """Return the chunks as samples, weighted by their age."""
        return self._weighted(max(HALF_LIFE_SECONDS, HALF_LIFE_SHARE * self.seconds))

    def pace(self, cost: Cost) -> float:
        """Return the seconds of the last chunks by those that `cost` expects: above 1 if the job became slower."""
        recent = self._weighted(max(PACE_SECONDS, PACE_SHARE * self.seconds))
        expected = sum(each.weight * cost.seconds(each.first, each.second) for each in recent)
        took = sum(each.weight * each.seconds for each in recent)
        return (took + CALM_SECONDS) / (expected + CALM_SECONDS)

    def _weighted(self, half_life: float) -> list[Sample]:
        chunks = list(self._chunks)
        if self._open is not None:
            chunks[-1:] = [_joined(*chunks[-1:], self._open)]  # time without a file counts too
        if not chunks:
            return []
        end = chunks[-1].end
        return [
            Sample(each.files, each.bytes, each.seconds, each.weight * 0.5 ** ((end - each.end) / half_life))
            for each in chunks
        ]


def _joined(*chunks: Chunk) -> Chunk:
    return Chunk(
        chunks[-1].end,
        sum(each.files for each in chunks),
        sum(each.bytes for each in chunks),
        sum(each.seconds for each in chunks),
        sum(each.weight for each in chunks) / len(chunks),
    )
