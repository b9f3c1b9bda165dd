"""The two sides of an engine, reached behind its back: what a test puts into a bucket or a cache, and reads there."""

import itertools
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import obstore
from obstore.store import S3Store

from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Engine, Entry, Moved, Side, bytes_moved
from avio.engines.factory import open_engine
from avio.engines.left_out import Unchecked
from avio.engines.local.book import CLAIMS
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.errors import EngineError
from avio.wire.params import Params
from avio.wire.results import Outcome

CAPACITY = 1 << 30

# What avio keeps in the hidden directory of a tier.
OWN_FILES = ("book", "tier", *CLAIMS)

_ticks = itertools.count(1)


class Attempt:
    """The run of one attempt: leaves when told to, counts what it moved, and knows which thread moved last."""

    def __init__(self, name: str = "01TEST.1", threads: int = 8) -> None:
        self.name = name
        self.threads = threads
        self.concurrency: int | None = None
        self.bandwidth = Bandwidth()
        self.bytes = 0
        self.in_flight = self.most_in_flight = 0
        self.waited: list[EngineError | None] = []
        self._lock = threading.Lock()
        self.mover: threading.Thread | None = None
        self.read_back = 0
        self.silences: list[float] = []
        self.stop: Callable[[], bool] = lambda: False

    def stopping(self) -> bool:
        return self.stop()

    def moved(self, size: int) -> None:
        self.bytes += size
        self.mover = threading.current_thread()

    def advanced(self, size: int) -> None:
        with self._lock:
            self.in_flight += size
            self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def waits(self, error: EngineError | None, of: object) -> None:
        self.waited.append(error)

    def checked(self, size: int) -> None:
        self.read_back += size

    @contextmanager
    def silent(self, seconds: float) -> Iterator[None]:
        self.silences.append(seconds)
        yield


class Harness(ABC):
    """An engine with one mount at /data and the tiers MEM and SSD, and what is behind it."""

    engine: Engine
    plenty = 60  # files: more than are under way at once

    @abstractmethod
    def put_bucket(self, path: str, content: bytes) -> None: ...

    @abstractmethod
    def read_bucket(self, path: str) -> bytes | None: ...

    @abstractmethod
    def drop_bucket(self, path: str) -> None: ...

    @abstractmethod
    def put_cache(self, path: str, content: bytes) -> None: ...

    @abstractmethod
    def read_cache(self, path: str) -> bytes | None: ...

    @abstractmethod
    def drop_cache(self, path: str) -> None: ...

    @abstractmethod
    def temporaries(self) -> list[str]:
        """Return what an attempt left behind."""

    def name(self, path: str) -> str:
        """Return `path` as this engine can name it: itself, unless there is a character that it can't have."""
        return path

    def put_all(self, paths: Iterable[str], content: bytes = b"content") -> None:
        for path in paths:
            self.put_bucket(path, content)

    def preload(self, path: str = "/data", run: Attempt | None = None, **params: Any) -> dict[str, Moved]:
        """Preload what is below `path` and return what became of each file."""
        entries = self.engine.walk(path, depth=None, side=Side.BUCKET)
        run = run or Attempt()
        return self._by_path(self.engine.preload(entries, Params(**params), run), run)

    def save(self, path: str = "/data", run: Attempt | None = None, **params: Any) -> dict[str, Moved]:
        """Save what is below `path` and return what became of each file."""
        entries = self.engine.walk(path, depth=None, side=Side.CACHE)
        run = run or Attempt()
        return self._by_path(self.engine.save(entries, Params(**params), run), run)

    def _by_path(self, moved: Iterable[Moved], run: Attempt) -> dict[str, Moved]:
        """Return the outcomes by path. The bytes that the run was told of are those of files that were moved."""
        before = run.in_flight
        ended = list(moved)
        movers = self.engine.pool._movers.values() if self.engine.pool else ()
        assert run.in_flight - before == bytes_moved(ended) or run.stopping()
        assert not any(mover.held for mover in movers)
        return {each.entry.path: each for each in ended}

    def recheck(
        self, entries: Iterable[Entry], unchecked: Unchecked = lambda path, error: None, **params: Any
    ) -> dict[str, Entry]:
        """Return each entry as it stands now."""
        found = self.engine.recheck(entries, Params(**params), Attempt(), unchecked=unchecked)
        return {entry.path: entry for entry in found}

    def paths(self, path: str = "/data", depth: int | None = None) -> list[str]:
        """Return the paths of a whole listing, directories with a slash."""
        found, after = [], None
        while True:
            page = self.engine.list(path, depth=depth, size=3, after=after)
            found += [entry.path + "/" * (entry.kind == "directory") for entry in page.entries]
            after = page.after
            if after is None:
                return found


def outcomes(moved: dict[str, Moved]) -> dict[str, Outcome]:
    """Return the outcome of each path."""
    return {path: each.outcome for path, each in moved.items()}


def settings(mounts: dict[str, tuple[str, dict[str, str]]], tiers: Path, capacity: int = CAPACITY) -> dict[str, Any]:
    """Return engine settings with the tiers MEM and SSD below the directory `tiers`."""
    return {
        "engine": "local",
        "mounts": {path: {"url": url, "options": options} for path, (url, options) in mounts.items()},
        "tiers": [{"alias": alias, "path": str(tiers / alias), "capacity": capacity} for alias in ("MEM", "SSD")],
    }


class MemoryHarness(Harness):
    """The engine of dictionaries."""

    def __init__(self, directory: Path, capacity: int = CAPACITY) -> None:
        self.engine = self.memory = MemoryEngine(["/data"], [Tier("MEM", capacity, 0), Tier("SSD", capacity, 0)])

    def put_bucket(self, path: str, content: bytes) -> None:
        self.memory.put_bucket(path, content)

    def read_bucket(self, path: str) -> bytes | None:
        return self.memory.bucket[path].content if path in self.memory.bucket else None

    def drop_bucket(self, path: str) -> None:
        del self.memory.bucket[path]

    def put_cache(self, path: str, content: bytes) -> None:
        self.memory.put_cache(path, content)

    def read_cache(self, path: str) -> bytes | None:
        return self.memory.cache[path].content if path in self.memory.cache else None

    def drop_cache(self, path: str) -> None:
        del self.memory.cache[path]

    def temporaries(self) -> list[str]:
        return []


class OnDisk(Harness):
    """What the local engine has whatever its bucket is: tiers."""

    def __init__(self, directory: Path, mount: tuple[str, dict[str, str]], capacity: int) -> None:
        self.settings = settings({"/data": mount}, directory / "tiers", capacity)
        self.engine = open_engine(self.settings)
        self.tiers = [directory / "tiers" / alias for alias in ("MEM", "SSD")]

    def put_cache(self, path: str, content: bytes) -> None:
        """Write in place, as a training job would."""
        file = next((tier / path[1:] for tier in self.tiers if (tier / path[1:]).exists()), self.tiers[0] / path[1:])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def read_cache(self, path: str) -> bytes | None:
        found = [(tier / path[1:]).read_bytes() for tier in self.tiers if (tier / path[1:]).exists()]
        assert len(found) < 2, "one path, one copy"
        return found[0] if found else None

    def drop_cache(self, path: str) -> None:
        for tier in self.tiers:
            (tier / path[1:]).unlink(missing_ok=True)

    def temporaries(self) -> list[str]:
        found = (file for tier in self.tiers for file in tier.glob(".avio/**/*"))
        return [str(file) for file in found if file.name not in OWN_FILES]


class FilesHarness(OnDisk):
    """The local engine on a `file://` bucket."""

    def __init__(self, directory: Path, capacity: int = CAPACITY) -> None:
        self.bucket = directory / "bucket"
        self.bucket.mkdir()
        super().__init__(directory, (f"file://{self.bucket}", {}), capacity)

    def put_bucket(self, path: str, content: bytes) -> None:
        file = self._file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        _tick(file)

    def read_bucket(self, path: str) -> bytes | None:
        return self._file(path).read_bytes() if self._file(path).exists() else None

    def drop_bucket(self, path: str) -> None:
        self._file(path).unlink()

    def temporaries(self) -> list[str]:
        return super().temporaries() + [str(file) for file in self.bucket.glob(".avio/**/*")]

    def _file(self, path: str) -> Path:
        return self.bucket / path.removeprefix("/data/")


class ObjectsHarness(OnDisk):
    """The local engine on an `s3://` bucket."""

    def __init__(
        self, directory: Path, url: str, options: dict[str, str], store: S3Store, capacity: int = CAPACITY
    ) -> None:
        self.store = store
        super().__init__(directory, (url, options), capacity)

    def put_bucket(self, path: str, content: bytes) -> None:
        obstore.put(self.store, path.removeprefix("/data/"), content)

    def read_bucket(self, path: str) -> bytes | None:
        try:
            return bytes(obstore.get(self.store, path.removeprefix("/data/")).bytes())
        except FileNotFoundError:
            return None

    def drop_bucket(self, path: str) -> None:
        obstore.delete(self.store, path.removeprefix("/data/"))


def _tick(file: Path) -> None:
    """Make sure that a file that is written twice within the clock's grain has another mtime."""
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + next(_ticks)))
