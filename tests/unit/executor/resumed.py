"""Attempts of one job that only list, in a store whose pages are short, and what they find."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.errors import EngineError
from avio.executor import listing_journal
from avio.executor.attempt import Attempt
from avio.executor.list_object import with_list
from avio.executor.listing import Listing
from avio.executor.reporter import Reporter
from avio.executor.selection import Missing
from avio.executor.work import Work
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.servers.hostile_s3 import HostileS3, hostile_s3

# One key is no path, and some sort apart in bytes and names.
KEYS = [
    *(
        f"set/{folder}/{number:03}.{kind}".encode()
        for folder in "ab"
        for number in range(40)
        for kind in ("jpg", "txt")
    ),
    *(b"set/c/%d" % number for number in range(20)),
    b"set/a-b/x",
    b"set/a//odd",
    b"set/a.1",
    b"set/b!/deep/er/x",
    b"set/nested/hidden",
    "set/z/für".encode(),
]
CUTS = 3  # no block ends there
OTHER_KEYS = [b"inner/%03d" % number for number in range(30)]


@dataclass
class Found:
    """What one attempt has listed."""

    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left_out: tuple[Any, ...] = ()
    words: str = ""
    lists: int = 0


class Lists:
    """Attempts of one job, each in a directory of its own, which only list."""

    def __init__(self, home: Path, store: HostileS3, lines: list[str] | None, params: dict[str, Any]) -> None:
        self._home, self._store = home, store
        s3 = {"url": "s3://b", "options": store.options}
        self.settings: dict[str, Any] = {
            "engine": "local",
            "mounts": {"/data": s3, "/data/set/nested": {"url": "s3://b/inner", "options": store.options}},
            "tiers": [{"alias": "MEM", "path": str(home / "tier"), "capacity": 1 << 30}],
        }
        self.params = {"alluxio_uri": "/data/set"} | params
        self._lines = lines
        self._number = 0

    def attempt(
        self, journal: bytes | None = None, stop_after: int | None = None, *, patient: bool = False, **params: Any
    ) -> Found:
        """List with what an attempt before has noted; stop after some files, or go on after errors."""
        self._number += 1
        self.directory = self._home / str(self._number)
        self.directory.mkdir()
        if journal is not None:
            (self.directory / "listing").write_bytes(journal)
        file_list = None
        if self._lines is not None:
            file_list = self.directory / "filelist"
            file_list.write_text("".join(line + "\n" for line in self._lines))
        wanted = Params(**(self.params | params))
        named = None if file_list is None else str(file_list)
        order = Order("JOB", self._number, JobType.PRELOAD, wanted, self.settings, file_list=named, threads=2)
        engine = open_engine(self.settings)
        attempt = Attempt("JOB", self._number)
        reporter = Reporter(attempt, self.directory, None)
        found, before = Found(), self._store.lists
        listing = Listing(with_list(Work(engine, order, attempt, reporter, self.directory)), Side.BUCKET, lambda: None)
        ended = False
        try:
            while not ended:
                try:
                    for each in listing.files(lambda: iter(found.files)):
                        (found.missing if isinstance(each, Missing) else found.files).append(each.path)
                        if len(found.files) == stop_after:
                            break
                    ended = True
                except EngineError:
                    if not patient:
                        raise
        finally:
            listing.close()
            reporter.close()
            engine.close()
        found.left_out, found.words = attempt.left_out_by_reason(), listing.limits.in_words()
        found.lists = self._store.lists - before
        return found

    @property
    def journal(self) -> bytes:
        """What the last attempt has noted."""
        return (self.directory / "listing").read_bytes()


LISTS: dict[str, tuple[list[str] | None, dict[str, Any]]] = {
    "tree": (None, {}),
    "one level": (None, {"alluxio_uri": "/data/set/a", "depth": 1}),
    "two levels": (None, {"depth": 2}),
    "filtered": (None, {"filters": ("- *.txt",)}),
    "first files": (None, {"max_files": 50}),
    "first bytes": (None, {"max_bytes": 2000}),
    "several": (None, {"alluxio_uri": None, "paths": ("/data/set/c", "/data/set/a", "/data/set/a/001.jpg")}),
    "lines": (
        ["/data/set/a/001.jpg", "/data/no", "/data/set/c", "/data/set/b", "/data/set/b/003.txt", "/data/set/no"],
        {"alluxio_uri": None, "from_file_list": True, "filters": ("- *.txt",)},
    ),
}


ODD = ("tree", "two levels", "filtered", "lines")  # are listed from odd stores, too


def made(name: str, home: Path, store: HostileS3) -> Lists:
    lines, params = LISTS[name]
    return Lists(home, store, lines, params)


def same(found: Found, whole: Found) -> bool:
    return (Counter(found.files), Counter(found.missing), found.left_out, found.words) == (
        Counter(whole.files),
        Counter(whole.missing),
        whole.left_out,
        whole.words,
    )


@contextmanager
def store() -> Iterator[HostileS3]:
    """Run a store with the objects."""
    with hostile_s3() as state:
        state.page = 40
        state.objects = {key: key * 3 for key in [*KEYS, *OTHER_KEYS]}
        yield state


def shorten_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the blocks of a journal end after a few files."""
    monkeypatch.setattr(listing_journal, "BLOCK_LINES", 4)
    monkeypatch.setattr(listing_journal, "BLOCK_FILES", 6)
