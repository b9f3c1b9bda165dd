"""The sums of the directories of a page, as far as a budget goes. No directory takes the sums of the others away.

Used in web. A directory beyond its share, or whose store does not answer, has none.
"""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import NamedTuple

from avio.engines.local.buckets.pace import TASK, OutOfTime, Pace
from avio.engines.local.entries import ItemSums
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Item
from avio.errors import EngineError

FIRST_FILES = 1000  # files that are counted of each directory at least, before some get more: a page of a store
CHUNK_FILES = 1000  # files counted between two checks of the clock

# Opens the stream of the files after a place.
Files = Callable[[str], ItemStream]


class Budget(NamedTuple):
    """What the sums of one page may cost.

    `files` are counted at most, `streams` are opened, in `seconds` after `first_seconds` for a first share of each
    directory. A page of all levels counts `beyond` files behind its end.
    """

    files: int
    streams: int
    seconds: float
    first_seconds: float
    beyond: int
    patience: Pace

    def pace(self) -> Pace:
        """Return the pace of the streams, from now on."""
        return self.patience._replace(until=time.monotonic() + self.first_seconds + self.seconds)


BRIEF = Budget(
    files=20_000,
    streams=8,
    seconds=0.02,
    first_seconds=0.08,
    beyond=1_000,
    patience=TASK._replace(page_seconds=1, silent_seconds=1, retry_seconds=0, bad_reply_seconds=0),
)
LONG = Budget(files=20_000, streams=10_000, seconds=1.0, first_seconds=4.0, beyond=20_000, patience=TASK)


class DirectorySums:
    """Counts with `budget` what `files` opens. `beside` has the paths of the files between the directories."""

    def __init__(self, files: Files, beside: Collection[str], budget: Budget) -> None:
        self._files = files
        self._beside = beside
        self._budget = budget
        self._left = budget.files
        self._streams = 0
        self._stream: ItemStream | None = None
        self._next: Item | None = None  # what the stream gave last
        self._sums: dict[str, ItemSums] = {}

    def of(self, directories: Sequence[str]) -> dict[str, ItemSums]:
        """Return the sums of those that could be counted. They are in key order, and none is in another.

        Each gets a first share. What is left is shared among those that have more files. Paths end in a slash.
        """
        share = min(self._budget.files, max(FIRST_FILES, self._budget.files // max(1, len(directories))))
        end = time.monotonic() + self._budget.first_seconds
        with suppress(OutOfTime):
            beyond = [each for each in directories if self._count(each, share, end)]
            if time.monotonic() > end:
                return self._sums
            end = time.monotonic() + self._budget.seconds
            for number, each in enumerate(beyond):
                others, now = len(beyond) - number, time.monotonic()
                self._stream = None
                self._count(each, self._left // others, now + (end - now) / others)
        return self._sums

    def _count(self, directory: str, share: int, end: float) -> bool:
        """Count up to `share` files until `end`. Return True if the directory has more. Raises OutOfTime."""
        sums = ItemSums()
        if time.monotonic() > end:
            return True
        try:
            item, stream = self._begin(directory)
            while True:
                if item is not None:
                    sums.add_item(item)
                item = stream.count(sums, directory, min(CHUNK_FILES, share - sums.files))
                if item is None or not item.path.startswith(directory):
                    self._sums[directory], self._next = sums, item
                    return False
                if sums.files >= share or time.monotonic() > end:
                    self._stream = None
                    return True
        except OutOfTime:
            raise
        except EngineError:  # such as another mount
            self._stream = None
            return False
        finally:
            self._left -= sums.files

    def _begin(self, directory: str) -> tuple[Item | None, ItemStream]:
        """Return the stream of the files of `directory`, and the first one if the stream gave it already."""
        if self._stream is not None:
            item = self._next
            while item is not None and item.path in self._beside:
                item = next(self._stream, None)
            if item is not None and item.path.startswith(directory):
                return item, self._stream
        if self._streams == self._budget.streams:
            raise OutOfTime("the sums of this page cost too much")
        self._streams += 1
        self._stream = self._files(directory)
        return None, self._stream
