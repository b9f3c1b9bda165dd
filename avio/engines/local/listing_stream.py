"""All entries below a directory as one stream, for a job: files, and directories with the sums over their files.

Used in the job process. A directory comes before its files, so they wait until it is counted. Beyond `HELD_ENTRIES`
it goes without sums, so that memory stays bounded.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from avio.engines.base import Entry
from avio.engines.local.entries import ItemSums, file_entry
from avio.engines.local.file_run import FileRun
from avio.engines.local.item_stream import ItemStream
from avio.engines.local.merge import Item, ItemRun, Uniform
from avio.engines.local.tree_walk import LAST
from avio.engines.sums import uncounted
from avio.errors import EngineAway, EngineError

HELD_ENTRIES = 20_000  # that wait for the sums of a directory above them


@dataclass(slots=True)
class _Directory:
    """A directory of the listing. `path` ends in a slash; `entry` is set when it may go."""

    path: str
    deepest: bool
    sums: ItemSums = field(default_factory=ItemSums)
    failed: bool = False  # some of its files can't be counted
    entry: Entry | None = None


class ListingStream(Iterator[Sequence[Entry]]):
    """The entries below `path`, at most `depth` levels of them, in key order, in runs.

    `files` opens the stream of files after a place; what it raises leaves this where it is: the next `next` goes on
    there, with no entry twice. `file` returns the file at `path` itself, if it is one; `empty` is called if nothing is
    below.
    """

    def __init__(
        self,
        path: str,
        depth: int | None,
        file: Callable[[], Item | None],
        files: Callable[[str], ItemStream],
        empty: Callable[[], None],
    ) -> None:
        self._root = path.rstrip("/") + "/"
        self._depth = depth
        self._file, self._files, self._empty = file, files, empty
        self._looked = self._ended = False
        self._stream: ItemStream | None = None
        self._place = ""  # of the last file that was taken
        self._open: list[_Directory] = []
        self._held: deque[_Directory | Sequence[Entry]] = deque()
        self._held_entries = 0

    def __next__(self) -> Sequence[Entry]:
        """Return the next run: an empty one while files are counted. Raises as `list` of the engine."""
        if not self._looked:
            item = self._file()
            self._looked, self._ended = True, item is not None
            if item is not None:
                return [file_entry(item)]
        ready = self._ready()
        if ready is None and self._ended:
            raise StopIteration
        if ready is None:
            self._take_run()
            ready = self._ready()
        return ready or ()

    def _ready(self) -> Sequence[Entry] | None:
        """Return the first run that waits, or None if its directory is still being counted."""
        if not self._held:
            return None
        first = self._held[0]
        if isinstance(first, _Directory):
            if first.entry is None and self._held_entries > HELD_ENTRIES:
                first.entry = uncounted(first.path[:-1])
            if first.entry is None:
                return None
            first = [first.entry]
        self._held.popleft()
        self._held_entries -= len(first)
        return first

    def _take_run(self) -> None:
        """Take the next run of files. Without one, close all directories."""
        try:
            if self._stream is None:
                self._stream = self._files(self._place)
            run = self._stream.next_run()
        except EngineError as error:
            self._stream = None
            inside = self._open[-1] if self._open else None
            if isinstance(error, EngineAway) or inside is None or not inside.deepest or inside.failed:
                raise
            self._skip_directory()
            return
        if run is not None:
            self._take(run)
            return
        if not self._place:
            self._empty()
        self._close_to("")
        self._ended = True

    def _skip_directory(self) -> None:
        """Go on behind a directory that is only counted, such as a mount that refuses. It has no sums."""
        self._place = self._open[-1].path + LAST
        for each in self._open:
            each.failed = True

    def _take(self, run: ItemRun) -> None:
        if isinstance(run, Uniform):
            self._place = run.prefix + run.files[-1][0]
            for directory, files in groupby(run.files, lambda file: file[0][: file[0].rfind("/") + 1]):
                part = Uniform(run.prefix, list(files), run.tier)
                if self._enter(run.prefix + directory):
                    self._hold(FileRun(part))
                if self._open:
                    self._open[-1].sums.add_run(part)
            return
        self._place = run[-1].path
        for directory, items in groupby(run, lambda item: item.path[: item.path.rfind("/") + 1]):
            listed = self._enter(directory)
            inside = [item for item in items if item.path != directory]
            if listed and inside:
                self._hold(list(map(file_entry, inside)))
            for item in inside if self._open else ():
                self._open[-1].sums.add_item(item)

    def _enter(self, directory: str) -> bool:
        """Close and open directories up to `directory`. Return True if files directly in it are listed."""
        if self._open and not self._open[-1].deepest and directory == self._open[-1].path:
            return True
        self._close_to(directory)
        path = self._open[-1].path if self._open else self._root
        for name in directory[len(path) :].split("/")[:-1]:
            if self._depth is not None and len(self._open) >= self._depth:
                return False
            path += name + "/"
            self._open.append(_Directory(path, deepest=len(self._open) + 1 == self._depth))
            self._held.append(self._open[-1])
            self._held_entries += 1
        return self._depth is None or len(self._open) < self._depth

    def _close_to(self, directory: str) -> None:
        """Close the open directories that are not at or above `directory`."""
        while self._open and not directory.startswith(self._open[-1].path):
            closed = self._open.pop()
            if closed.entry is None:
                path = closed.path[:-1]
                closed.entry = uncounted(path) if closed.failed else closed.sums.entry(path)
            if self._open:
                self._open[-1].sums.include(closed.sums)

    def _hold(self, run: Sequence[Entry]) -> None:
        self._held.append(run)
        self._held_entries += len(run)
