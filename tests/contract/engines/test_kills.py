"""A process that is killed at each fault point of a transfer: no wrong bytes, and the next attempt has them all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.wire.results import Outcome
from tests.contract.engines.harness import FilesHarness, OnDisk
from tests.contract.engines.lying_store import Store, lying_store
from tests.contract.engines.test_other_bytes import World

pytestmark = pytest.mark.faults

_WORK = """
import sys
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt
settings, verb = eval(sys.argv[1]), sys.argv[2]
engine = open_engine(settings)
side = Side.BUCKET if verb == "preload" else Side.CACHE
list(getattr(engine, verb)(engine.walk("/data", depth=None, side=side), Params(), Attempt()))
"""
SIZES = [0, 1000, (1 << 20) + 1, 9 << 20]  # bytes: empty, many at a time, one by one, in parts
PATHS = {f"/data/{name}{size}": size for name in ("a", "b", "d/c") for size in SIZES}
DOWNLOADS = ["download.temporary", "download.fetched", "download.publish", "download.published"]
SCRATCH = ["scratch.synced", "scratch.renamed"]
UPLOADS = ["upload.reading", "upload.saved"]
AT_ONCE = ["upload.marked", "upload.answered"]  # small files of object stores


class Objects(World):
    """A local engine on a store in memory."""

    def __init__(self, directory: Path, store: Store) -> None:
        super().__init__(directory, ("s3://b", store.options), 1 << 30)
        self.store = store

    def put_bucket(self, path: str, content: bytes) -> None:
        self.store.put(path.removeprefix("/data/"), content)

    def read_bucket(self, path: str) -> bytes | None:
        found = self.store.objects.get(path.removeprefix("/data/"))
        return found[0] if found else None


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[dict[str, OnDisk]]:
    with lying_store() as store:
        (tmp_path / "files").mkdir()
        (tmp_path / "objects").mkdir()
        yield {"files": FilesHarness(tmp_path / "files"), "objects": Objects(tmp_path / "objects", store)}


def contents(version: str) -> dict[str, bytes]:
    return {path: f"{path} {version} ".encode().ljust(50, b".") * (size // 50) for path, size in PATHS.items()}


def killed(world: OnDisk, verb: str, point: str) -> bool:
    """Let a process do the work that dies when it passes the point for the second time. Return True if it did."""
    environment = {**os.environ, "AVIO_FAULT": f"{point}:kill:2"}
    command = [sys.executable, "-c", _WORK, repr(world.settings), verb]
    return subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL


def states(world: OnDisk) -> dict[str, EntryState]:
    return {entry.path: entry.state for entry in world.engine.list("/data", depth=None, size=99).entries}


@pytest.mark.parametrize("point", [*DOWNLOADS, *SCRATCH])
@pytest.mark.parametrize("kind", ["files", "objects"])
def test_a_killed_preload(worlds: dict[str, OnDisk], kind: str, point: str) -> None:
    world, old, new = worlds[kind], contents("old"), contents("new")
    for path in PATHS:
        world.put_bucket(path, old[path])
    world.preload()
    for path in PATHS:
        world.put_bucket(path, new[path])

    assert killed(world, "preload", point)

    seen = states(world)
    for path in PATHS:
        assert world.read_cache(path) == (new[path] if seen[path] is EntryState.CACHED else old[path])
    assert {moved.outcome for moved in world.preload().values()} <= {Outcome.DONE, Outcome.SKIPPED}
    assert {path: world.read_cache(path) for path in PATHS} == new
    world.engine.sweep(lambda: ())
    assert world.temporaries() == []


@pytest.mark.parametrize(
    ("kind", "point"),
    [*(("files", point) for point in [*UPLOADS, *SCRATCH]), *(("objects", point) for point in [*UPLOADS, *AT_ONCE])],
)
def test_a_killed_save(worlds: dict[str, OnDisk], kind: str, point: str) -> None:
    world, old, new = worlds[kind], contents("old"), contents("new")
    for path in PATHS:
        world.put_bucket(path, old[path])
    world.preload()
    for path in PATHS:
        world.put_cache(path, new[path])

    assert killed(world, "save", point)

    seen = states(world)
    for path in PATHS:
        assert world.read_cache(path) == new[path]
        assert world.read_bucket(path) in ((new[path],) if seen[path] is EntryState.CACHED else (old[path], new[path]))
    world.engine.sweep(lambda: ())
    assert {moved.outcome for moved in world.save().values()} <= {Outcome.DONE, Outcome.SKIPPED}
    assert {path: world.read_bucket(path) for path in PATHS} == new
    world.engine.sweep(lambda: ())
    assert world.temporaries() == []
    if isinstance(world, Objects):  # nobody knows of an upload whose id did not come: it has no parts
        assert not any(parts for _, parts in world.store.uploads.values())
