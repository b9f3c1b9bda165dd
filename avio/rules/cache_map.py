"""The map of a tier: how many bytes each user and job brought below each directory, and how many nobody has read.

Built by intake from a survey, folded by web. A row sums up the files of one origin below one directory. A map has a
bounded number of rows: its directories become fewer levels deep, then its jobs are left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from avio.db.cache_maps import PreloadRow
from avio.engines.survey import Surveyed
from avio.wire.paths import ancestors, shown_path

MAX_DEPTH = 6  # levels of directories that a map tells apart
MAX_ROWS = 2000
SLACK_SECONDS = 2.0  # between the clock of the database and that of a disk


class Origin(NamedTuple):
    """Where files come from. `uid` is None if nobody knows; `job` too if several jobs may have brought them."""

    uid: int | None = None
    job: str | None = None
    is_written: bool = False  # a program wrote them


UNKNOWN, WRITTEN = Origin(), Origin(is_written=True)


@dataclass(slots=True)
class Sums:
    """Sums over files. Of `bytes`, `unread` were brought and never read since; of `unsure` nobody knows.

    `oldest` is the time of the oldest unsaved file, in epoch seconds; 0 without one.
    """

    files: int = 0
    bytes: int = 0
    unread: int = 0
    unsure: int = 0
    unsaved_files: int = 0
    unsaved: int = 0
    oldest: float = 0.0

    def add(self, other: "Sums") -> None:
        """Add other files."""
        self.files += other.files
        self.bytes += other.bytes
        self.unread += other.unread
        self.unsure += other.unsure
        self.unsaved_files += other.unsaved_files
        self.unsaved += other.unsaved
        self.oldest = min(filter(None, (self.oldest, other.oldest)), default=0.0)

    def to_json(self) -> list[float]:
        """Return its numbers, in order."""
        return [self.files, self.bytes, self.unread, self.unsure, self.unsaved_files, self.unsaved, self.oldest]


class Origins:
    """Tells which preload brought a copy: the one that covered its path and ran when the copy came.

    `known_from` is the epoch second from which on all preloads are known.
    """

    def __init__(self, preloads: Iterable[PreloadRow], known_from: float = 0.0) -> None:
        self._known_from = known_from
        self._by_path: dict[str, list[PreloadRow]] = {}
        for each in preloads:
            self._by_path.setdefault(each.path or "/", []).append(each)
        self._directory = "\0"
        self._covering: list[PreloadRow] = []
        self._found: dict[int, Origin] = {}

    def of(self, file: Surveyed) -> Origin:
        """Return where a file comes from. Files of one directory that came in one second are looked up once."""
        if file.is_written or file.is_unsaved:
            return WRITTEN
        second = file.came_ns // 1_000_000_000
        if not second or second <= self._known_from:
            return UNKNOWN
        own = self._by_path.get(shown_path(file.path))  # jobs of that file alone
        directory = file.path.rpartition("/")[0]
        if directory != self._directory:
            paths = ancestors(directory or "/")
            self._covering = [job for path in paths for job in self._by_path.get(shown_path(path), ())]
            self._directory, self._found = directory, {}
        if own is not None:
            return _only_one([*self._covering, *own], second)
        if second not in self._found:
            self._found[second] = _only_one(self._covering, second)
        return self._found[second]


def _only_one(preloads: Sequence[PreloadRow], second: int) -> Origin:
    """Return the one job, or the one user of the jobs, that ran in this second."""
    running = [
        each
        for each in preloads
        if each.began - SLACK_SECONDS <= second + 1 and (each.ended is None or second <= each.ended + SLACK_SECONDS)
    ]
    if len({each.uid for each in running}) != 1:
        return UNKNOWN
    return Origin(running[0].uid, running[0].job if len(running) == 1 else None)


Key = tuple[str, Origin]


@dataclass(slots=True)
class CacheMap:
    """The rows of one tier, by directory and origin. `depth` is how many levels of directories they tell apart.

    `is_whole` is False if the survey was given up: the sums are lower bounds then.
    """

    rows: dict[Key, Sums] = field(default_factory=dict)
    depth: int = MAX_DEPTH
    is_whole: bool = True

    def add(self, file: Surveyed, origin: Origin) -> None:
        """Count a file. The files of a directory come one after the other."""
        directory = cut(file.path.rpartition("/")[0], self.depth)
        sums = self.rows.get((directory, origin))
        if sums is None:
            sums = self.rows[directory, origin] = Sums()
        sums.files += 1
        sums.bytes += file.size
        if file.came_ns and not file.is_read:
            if file.is_read is None:
                sums.unsure += file.size
            else:
                sums.unread += file.size
        elif not file.came_ns and not file.is_written and not file.is_unsaved:
            sums.unsure += file.size
        if file.is_unsaved:
            sums.unsaved_files += 1
            sums.unsaved += file.size
            sums.oldest = min(sums.oldest or file.mtime_ns / 1e9, file.mtime_ns / 1e9)
        if len(self.rows) > 2 * MAX_ROWS:
            self.shrink()

    def shrink(self) -> None:
        """Bring the number of rows within bounds: fewer levels, then no jobs, then the root alone."""
        while len(self.rows) > MAX_ROWS and self.depth > 1:
            self.depth -= 1
            self._fold(lambda directory, origin: (cut(directory, self.depth), origin))
        if len(self.rows) > MAX_ROWS:
            self._fold(lambda directory, origin: (directory, origin._replace(job=None)))
        if len(self.rows) > MAX_ROWS:
            self.depth = 0
            self._fold(lambda directory, origin: ("/", origin))

    def _fold(self, key: Callable[[str, Origin], Key]) -> None:
        folded: dict[Key, Sums] = {}
        for (directory, origin), sums in self.rows.items():
            folded.setdefault(key(directory, origin), Sums()).add(sums)
        self.rows = folded

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, with directories as the database takes them."""
        rows = [
            [shown_path(path), *origin, *sums.to_json()]
            for (path, origin), sums in sorted(self.rows.items(), key=_order)
        ]
        return {"depth": self.depth, "isWhole": self.is_whole, "rows": rows}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "CacheMap":
        """Build it from `to_json` output."""
        rows = {(row[0], Origin(row[1], row[2], row[3])): Sums(*row[4:]) for row in given["rows"]}
        return cls(rows, given["depth"], given["isWhole"])


def _order(row: tuple[Key, Sums]) -> tuple[str, str]:
    (path, origin), _ = row
    return shown_path(path), repr(origin)


def cut(directory: str, depth: int) -> str:
    """Return `directory`, or the one above it that is `depth` levels below the root."""
    parts = [part for part in directory.split("/", depth + 1) if part][:depth]
    return "/" + "/".join(parts)


def build(files: Iterable[Surveyed], origins: Origins, *, give_up: Callable[[], bool] = lambda: False) -> CacheMap:
    """Return the map of the files of a tier, of those before `give_up()` returned True."""
    found = CacheMap()
    for number, file in enumerate(files):
        found.add(file, origins.of(file))
        if number % 256 == 255 and give_up():
            found.is_whole = False
            break
    found.shrink()
    return found
