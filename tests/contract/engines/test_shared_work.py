"""A preload and its check that movers share: the same outcomes as without movers, whatever dies on the way.

The movers are threads, each with an engine of its own over the same settings.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState, Side
from avio.engines.content import Content
from avio.engines.factory import open_engine
from avio.engines.local.book import Book
from avio.engines.local.root import Root
from avio.engines.local.transfer import bulk_download, download, new_files
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.supply import Supply
from avio.errors import CacheFull
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, OnDisk, outcomes
from tests.contract.engines.lying_store import Store
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_set_back import edit
from tests.unit.engines.movers.thread_movers import Fleet

pytestmark = pytest.mark.usefixtures("unmeasured")

MANY = 250  # files: several batches
SIZE = 1000


class LocalMovers:
    """Serves with an engine of its own in each mover."""

    def __init__(self, settings: dict[str, object]) -> None:
        self._settings = settings

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        engine = open_engine(self._settings)
        try:
            engine.serve(task, supply, outbox, params, run)
        finally:
            engine.close()


def share(world: OnDisk, most: int = 1) -> Fleet:
    """Let movers do the work of the world's engine."""
    fleet = Fleet(engine=LocalMovers(world.settings), most=most)  # type: ignore[arg-type]
    world.engine.pool = fleet.pool
    return fleet


def used(world: OnDisk) -> tuple[int, int]:
    """Return what the books call used and promised."""
    pages = [Book(Root(str(tier), make=False)).look() for tier in world.tiers]
    return sum(page.used for page in pages), sum(page.promised for page in pages)


def bytes_there(world: OnDisk) -> int:
    files = (file for tier in world.tiers for file in tier.glob("data/**/*") if file.is_file())
    return sum(file.stat().st_size for file in files)


@pytest.fixture
def fleets() -> Iterator[None]:
    yield
    while Fleet.made:
        Fleet.made.pop().close()


@pytest.fixture(params=["files", "objects"])
def world(request: pytest.FixtureRequest, store: Store, tmp_path: Path, fleets: None) -> OnDisk:
    if request.param == "files":
        world: OnDisk = FilesHarness(tmp_path)
        for number in range(MANY):
            world.put_bucket(f"/data/{number:03}", bytes([number]) * SIZE)
        return world
    for number in range(MANY):
        store.put(f"{number:03}", bytes([number]) * SIZE)
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


def assert_all_there(world: OnDisk) -> None:
    for number in range(MANY):
        assert world.read_cache(f"/data/{number:03}") == bytes([number]) * SIZE
    assert world.temporaries() == []
    assert used(world) == (MANY * SIZE, 0)


def test_movers_bring_all_files_and_find_them_in_place(world: OnDisk) -> None:
    share(world)
    moved = world.preload()
    assert set(outcomes(moved).values()) == {Outcome.DONE}
    assert len(moved) == MANY
    assert_all_there(world)
    proved = Content.UNKNOWN if isinstance(world, FilesHarness) else Content.PROVED
    assert {each.content for each in moved.values()} == {proved}

    found = world.recheck([each.entry for each in moved.values()])
    assert len(found) == MANY
    assert all(entry.in_cache for entry in found.values())
    assert set(outcomes(world.preload()).values()) == {Outcome.SKIPPED}
    assert used(world) == (MANY * SIZE, 0)


def test_a_check_by_movers_finds_what_a_check_without_them_finds(world: OnDisk) -> None:
    world.put_cache("/data/new", b"dirty")
    world.put_cache("/data/\udcff", b"dirty")
    world.preload()
    (world.tiers[0] / "data/001").unlink()
    edit(world.tiers[0] / "data/002", b"!")
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    entries += [Entry(path, "file", 5, 0.0, EntryState.UNKNOWN) for path in ("/data/new", "/data/\udcff", "/data/none")]
    alone = world.recheck(entries)

    share(world)

    assert world.recheck(entries) == alone
    assert {entry.state for entry in alone.values()} >= {EntryState.CACHED, EntryState.DIRTY, EntryState.REMOTE}


class KeptEngine(LocalMovers):
    """Serves with one engine, as a mover process does: what it has put in place it knows at the check."""

    def __init__(self, settings: dict[str, object]) -> None:
        self.engine = open_engine(settings)

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        self.engine.serve(task, supply, outbox, params, run)


@pytest.mark.parametrize("verify", [None, "checksum"])
def test_a_mover_finds_what_was_changed_after_it_had_put_it_in_place(world: OnDisk, verify: str | None) -> None:
    kept = KeptEngine(world.settings)
    world.engine.pool = Fleet(engine=kept).pool  # type: ignore[arg-type]
    world.preload()
    (world.tiers[0] / "data/001").unlink()
    edit(world.tiers[0] / "data/002", b"!")
    (world.tiers[0] / "data/003").write_bytes(b"longer")
    (world.tiers[0] / "data/004").unlink()
    (world.tiers[0] / "data/004").mkdir()
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    other = replace(entries[5], token=f'{SIZE}:0:"other"')
    entries[5] = other  # the bucket has another version than was put in place
    params = Params() if verify is None else Params(verify=verify)

    found = {each.path: each for each in world.engine.recheck(entries, params, Attempt())}

    assert {path for path, entry in found.items() if not entry.in_cache or not entry.saved} >= {
        f"/data/{number:03}" for number in (1, 2, 3, 4)
    }
    world.engine.pool.close()
    world.engine.pool = None
    assert found == {each.path: each for each in world.engine.recheck(entries, params, Attempt())}
    kept.engine.close()


class Dying:
    """Kills the mover's thread at some files, right before or right after their names are there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, point: str, times: int, every: int = 40) -> None:
        self._left, self._seen, self._lock = times, 0, threading.Lock()
        self._every = every
        self._point = point
        for module in (download, new_files):
            monkeypatch.setattr(module, "fault", self.fault)

    def fault(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._seen += 1
            dies = self._left > 0 and self._seen % self._every == 0
            self._left -= dies
        if dies:
            raise SystemExit


@pytest.mark.parametrize("tiers", [1, 2])
@pytest.mark.parametrize("point", ["download.publish", "download.published"])
def test_movers_that_die_cost_neither_files_nor_room(
    world: OnDisk, point: str, tiers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world.settings["tiers"][tiers:]
    world.engine, world.tiers = open_engine(world.settings), world.tiers[:tiers]
    Dying(monkeypatch, point, 2)  # a third one in a row, without a result in between, would end the attempt
    fleet = share(world)
    moved = world.preload()
    assert len(moved) == MANY
    assert set(outcomes(moved).values()) <= {Outcome.DONE, Outcome.SKIPPED}
    assert_all_there(world)
    assert len(fleet.threads) >= 2


def test_a_preload_that_is_given_up_leaves_right_books(world: OnDisk) -> None:
    share(world)
    stream = world.engine.preload(world.engine.walk("/data", depth=None, side=Side.BUCKET), Params(), Attempt())
    for _ in range(3):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert used(world) == (bytes_there(world), 0)
    assert world.temporaries() == []


@pytest.mark.parametrize("shared", [True, False])
def test_a_preload_that_must_stop_leaves_right_books(
    world: OnDisk, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = share(world)
    if not shared:
        world.engine.pool = None
    run = Attempt()
    run.stop = lambda: fleet.page.stopped
    for module in (download, new_files):
        monkeypatch.setattr(module, "fault", lambda point: fleet.page.stop() if point == "download.published" else None)

    moved = list(world.engine.preload(world.engine.walk("/data", depth=None, side=Side.BUCKET), Params(), run))

    assert len(moved) < MANY
    assert used(world) == (bytes_there(world), 0)
    assert bytes_there(world) > 0
    assert world.temporaries() == []


# -- little room


def small(tmp_path: Path, *sizes: int) -> FilesHarness:
    """Return a world whose tiers have these capacities."""
    world = FilesHarness(tmp_path)
    for tier, size in zip(world.settings["tiers"], sizes, strict=True):
        tier["capacity"] = size
    world.engine = open_engine(world.settings)
    for number in range(MANY):
        world.put_bucket(f"/data/{number:03}", bytes([number]) * SIZE)
    return world


def test_what_does_not_fit_fails_alone_if_the_order_says_so(tmp_path: Path, fleets: None) -> None:
    world = small(tmp_path, 150 * SIZE, 20 * SIZE)
    share(world)
    moved = world.preload(if_full="partial")
    states = list(outcomes(moved).values())
    assert (states.count(Outcome.DONE), states.count(Outcome.FAILED)) == (150, 100)
    assert {type(each.error) for each in moved.values() if each.error} == {CacheFull}
    assert used(world) == (bytes_there(world), 0) == (150 * SIZE, 0)


def test_what_does_not_fit_is_told_of_before_the_end_of_the_listing(tmp_path: Path, fleets: None) -> None:
    world = small(tmp_path, 1, 1)
    share(world)
    taken = 0

    def entries() -> Iterator[Entry]:
        nonlocal taken
        for entry in world.engine.walk("/data", depth=None, side=Side.BUCKET):
            taken += 1
            yield entry

    first = next(world.engine.preload(entries(), Params(if_full="partial"), Attempt()))
    assert first.outcome is Outcome.FAILED
    assert taken < MANY


def test_a_job_that_does_not_fit_is_refused_with_right_books(tmp_path: Path, fleets: None) -> None:
    world = small(tmp_path, 150 * SIZE, 20 * SIZE)
    share(world)
    with pytest.raises(CacheFull):
        world.preload()
    assert used(world) == (bytes_there(world), 0)
    assert world.temporaries() == []


def test_a_job_may_spread_over_two_tiers(tmp_path: Path, fleets: None) -> None:
    world = small(tmp_path, 150 * SIZE, 150 * SIZE)
    share(world, most=2)
    moved = world.preload(spread=True)
    tiers = [each.tier for each in moved.values()]
    assert (tiers.count("MEM"), tiers.count("SSD")) == (150, 100)
    assert_all_there(world)
    found = world.recheck([each.entry for each in moved.values()])
    assert {alias for entry in found.values() for alias in entry.tiers} == {"MEM", "SSD"}
    assert all(entry.in_cache for entry in found.values())


def test_a_disk_that_is_full_in_the_middle_leaves_no_half_file(world: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [100]

    def full(*arguments: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(*arguments)

    # What writes the bytes of small objects, and what gives a file of a file:// bucket its time.
    small: list[tuple[object, str]] = [(bulk_download, "write_all"), (new_files, "write_all")]
    places = small if isinstance(world, World) else [(download, "stamp_new")]
    write: Callable[..., object] = getattr(*places[0])
    for place in places:
        monkeypatch.setattr(*place, full)
    share(world)
    with pytest.raises(Exception, match=r"No space left|full") as raised:
        world.preload()
    assert raised.value.reason in ("NODE_FAULT", "CACHE_FULL")  # type: ignore[attr-defined]
    assert {file.stat().st_size for file in world.tiers[0].glob("data/*")} == {SIZE}
    assert world.temporaries() == []
    world.engine.measure()  # one more file may be in place than was told of
    assert used(world) == (bytes_there(world), 0)
