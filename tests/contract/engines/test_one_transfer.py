"""Jobs that want the same files at once: each object crosses the wire once, and each job ends with all of its files.

Each job has an engine of its own over the same tiers, as in a process of its own.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.engines.awaited import Awaited
from avio.engines.base import Engine, Moved, Side
from avio.engines.factory import open_engine
from avio.engines.local import claims, owner_watch
from avio.engines.local.transfer import claimed_files
from avio.engines.local.transfer.claimed_files import ClaimedFiles
from avio.engines.movers.page import Page
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Reply, Store
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import LocalMovers
from tests.unit.engines.movers.thread_movers import Fleet

LIMIT = 20.0  # seconds that a test waits for a job

pytestmark = pytest.mark.usefixtures("unmeasured")


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(tmp_path, ("s3://b", store.options), 1 << 30)


class Job:
    """A preload in a thread. It has listed its files, and begins with `start`."""

    def __init__(self, world: World, number: int = 0, path: str = "/data", movers: int = 0) -> None:
        self.run = Attempt(f"01JOB{number}.1")
        self.stopped = False
        self.run.stop = lambda: self.stopped
        self.told: list[Awaited | None] = []
        self.moved: list[Moved] = []
        self.engine: Engine = open_engine(world.settings)
        self.engine.waits_for = self.told.append
        if movers:
            fleet = Fleet(engine=LocalMovers(world.settings), most=movers)  # type: ignore[arg-type]
            self.engine.pool = fleet.pool
            self.run.stop = lambda: fleet.page.stopped
            self._page: Page | None = fleet.page
        else:
            self._page = None
        self.entries = list(self.engine.walk(path, depth=None, side=Side.BUCKET))
        self._thread = threading.Thread(target=self._preload, daemon=True)
        self.error: BaseException | None = None

    def start(self) -> "Job":
        self._thread.start()
        return self

    def cancel(self) -> None:
        self.stopped = True
        if self._page is not None:
            self._page.stop()

    def join(self) -> Counter[Outcome]:
        """Return the outcomes of the job that has ended."""
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        return Counter(each.outcome for each in self.moved)

    @property
    def waits(self) -> bool:
        """True if nothing is left to do, and files wait."""
        return bool(self.told) and self.told[-1] is not None and self.told[-1].job is not None

    def _preload(self) -> None:
        try:
            for moved in self.engine.preload(self.entries, Params(), self.run):
                self.moved.append(moved)
        except BaseException as error:
            self.error = error
        finally:
            if self.engine.pool is not None:
                self.engine.pool.close()
            self.engine.close()


@pytest.fixture(autouse=True)
def _fleets() -> Iterator[None]:
    yield
    while Fleet.made:
        Fleet.made.pop().close()


def fetched(store: Store) -> Counter[str]:
    """Return how often each object was asked for."""
    keys = (line.split(" ")[1] for line in store.requests if line.startswith("GET "))
    return Counter(key for key in keys if key)  # a listing has none


def put_many(store: Store, *keys: str, size: int = 100) -> None:
    for key in keys:
        store.put(key, key.encode().ljust(size, b"."))


def assert_all_there(world: World, store: Store, path: str = "/data") -> None:
    entries = list(world.engine.walk(path, depth=None, side=Side.BUCKET))
    assert entries
    found = world.engine.recheck(entries, Params(verify="checksum"), Attempt("01CHECK.1"))
    assert all(each.in_cache and each.saved for each in found)
    # Those of the movers of a test have a name of their own.
    assert [path for path in world.temporaries() if not path.endswith("01TEST.1")] == []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@contextmanager
def held_back(store: Store, *keys: str) -> Iterator[threading.Event]:
    """Let the store answer GETs of some objects only when the event is set, all if there are none."""
    go = threading.Event()

    def wait(method: str, key: str) -> Reply | None:
        if method == "GET" and key and (not keys or key in keys):
            go.wait(LIMIT)
        return None

    store.before = wait
    try:
        yield go
    finally:
        go.set()


@pytest.mark.parametrize("movers", [0, 2])
def test_ten_jobs_that_want_one_set_move_it_once(world: World, store: Store, movers: int) -> None:
    keys = [f"{number:03}" for number in range(120)]
    put_many(store, *keys)
    put_many(store, "large", size=(1 << 20) + 1)  # a thread fetches it
    jobs = [Job(world, number, movers=movers) for number in range(10)]

    found = [job.join() for job in [job.start() for job in jobs]]

    assert fetched(store) == Counter([*keys, "large"])
    assert all(each.keys() <= {Outcome.DONE, Outcome.SHARED} and each.total() == 121 for each in found)
    assert sum(each[Outcome.DONE] for each in found) == 121
    assert sum(job.run.bytes for job in jobs) == sum(len(body) for body, *_ in store.objects.values()) or movers
    assert all(job.told[-1] is None for job in jobs if job.told)
    assert_all_there(world, store)


@pytest.mark.parametrize("movers", [0, 1])
def test_nine_of_ten_are_cancelled_and_the_tenth_brings_all(world: World, store: Store, movers: int) -> None:
    keys = [f"{number:03}" for number in range(60)]
    put_many(store, *keys)
    jobs = [Job(world, number, movers=movers) for number in range(10)]
    with held_back(store) as go:
        for job in jobs[:9]:
            job.start()
        until(lambda: fetched(store).total() >= 1)
        last = jobs[9].start()
        until(lambda: bool(last.told))
        for job in jobs[:9]:
            job.cancel()
        for job in jobs[:9]:
            job.join()
        go.set()
        found = last.join()

    assert found.total() == 60
    assert found.keys() <= {Outcome.DONE, Outcome.SHARED}
    assert_all_there(world, store)


def test_jobs_that_overlap_move_their_difference_and_the_rest_once(world: World, store: Store) -> None:
    put_many(store, *(f"{folder}/{number}" for folder in "abc" for number in range(40)))
    first, second, both = Job(world, 1, "/data/a"), Job(world, 2, "/data/b"), Job(world, 3)

    found = [job.join() for job in [job.start() for job in (first, second, both)]]

    assert [each.total() for each in found] == [40, 40, 120]
    assert set(fetched(store).values()) == {1}
    assert found[2][Outcome.DONE] >= 40
    assert_all_there(world, store)


def test_a_job_moves_its_own_files_first_and_says_whom_it_waits_for(world: World, store: Store) -> None:
    put_many(store, *(f"{folder}/{number}" for folder in "ab" for number in range(10)))
    owner, other = Job(world, 1, "/data/a"), Job(world, 2)
    with held_back(store, *(f"a/{number}" for number in range(10))) as go:
        owner.start()
        until(lambda: fetched(store).total() == 10)
        other.start()
        until(lambda: other.waits)

        assert other.told[-1] == Awaited(10, "01JOB1")
        until(lambda: len(other.moved) == 10)
        assert {each.outcome for each in other.moved} == {Outcome.DONE}
        go.set()
        assert (owner.join(), other.join()) == ({Outcome.DONE: 10}, {Outcome.DONE: 10, Outcome.SHARED: 10})
    assert other.told[-1] is None
    assert set(fetched(store).values()) == {1}


def test_a_file_is_free_for_others_as_soon_as_it_has_an_outcome(world: World, store: Store) -> None:
    put_many(store, "1", "2")
    owner = Job(world, 1)
    stream = owner.engine.preload(owner.entries[:1], Params(), owner.run)
    assert next(stream).outcome is Outcome.DONE  # and it goes on: it has not ended

    other = Job(world, 2)
    other.entries = [entry for entry in owner.entries if entry.path == "/data/1"]  # as it was listed before
    assert other.start().join() == {Outcome.SHARED: 1}
    stream.close()  # type: ignore[attr-defined]
    owner.engine.close()


@pytest.mark.parametrize("movers", [0, 2])
def test_two_jobs_that_want_the_same_files_in_other_orders_do_not_wait_for_each_other(
    world: World, store: Store, movers: int
) -> None:
    put_many(store, *(f"{number:03}" for number in range(300)))
    one, two = Job(world, 1, movers=movers), Job(world, 2, movers=movers)
    two.entries.reverse()

    found = [job.join() for job in (one.start(), two.start())]

    assert found[0][Outcome.DONE] + found[1][Outcome.DONE] == 300
    assert set(fetched(store).values()) == {1}
    assert_all_there(world, store)


def test_a_job_that_wants_little_is_done_while_another_moves_much(world: World, store: Store) -> None:
    """Claims are of files that are moved now: not of all that a job has listed."""
    put_many(store, *(f"{number:04}" for number in range(1500)))
    much = Job(world, 1)
    little = Job(world, 2, "/data/1499")
    with held_back(store, "0000") as go:
        much.start()
        until(lambda: fetched(store).total() > 1)
        assert little.start().join().total() == 1
        go.set()
        much.join()
    assert set(fetched(store).values()) == {1}


@pytest.mark.parametrize("movers", [0, 2])
def test_files_whose_claims_are_one_byte_are_all_brought(
    world: World, store: Store, movers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many(store, *(f"{number:02}" for number in range(30)))
    monkeypatch.setattr(claims, "spot_of", lambda path: (0, 1 << 62))
    jobs = [Job(world, number, movers=movers) for number in range(3)]

    assert {job.join().total() for job in [job.start() for job in jobs]} == {30}
    assert_all_there(world, store)


def test_what_another_job_brings_and_loses_again_is_moved(world: World, store: Store) -> None:
    put_many(store, "1")
    owner, other = Job(world, 1), Job(world, 2)
    with held_back(store) as go:
        owner.start()
        until(lambda: fetched(store).total() == 1)
        other.start()
        until(lambda: other.waits)
        owner.cancel()
        assert owner.join() == {}
        go.set()
        assert other.join() == {Outcome.DONE: 1}
    assert_all_there(world, store)


def test_an_owner_without_progress_keeps_nobody_waiting(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put_many(store, "1", "2")
    monkeypatch.setattr(claimed_files, "OWNER_SECONDS", 0.0)
    other = Job(world, 2)
    frozen = claims.Claims(other.engine._tiers, "01FROZEN.1")  # type: ignore[attr-defined]
    assert frozen.take("/data/1")
    other.start()
    until(lambda: other.waits and fetched(store) == {"2": 1})

    monkeypatch.setattr(owner_watch, "PATIENCE_SECONDS", 0.05)

    assert other.join() == {Outcome.DONE: 2}
    frozen.close()
    assert "job 01FROZEN.1 shows no progress: its files are moved without it" in caplog.text


def test_a_wait_for_another_job_is_no_stall(world: World, store: Store) -> None:
    put_many(store, "1")
    owner, other = Job(world, 1), Job(world, 2)
    with held_back(store) as go:
        owner.start()
        until(lambda: fetched(store).total() == 1)
        beats: list[int] = []
        other.run.checked = beats.append  # type: ignore[method-assign]
        other.start()
        until(lambda: len(beats) > 3)
        go.set()
        other.join()
        owner.join()


def test_a_large_object_that_waits_for_all_movers_is_not_claimed_yet(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many(store, "a", "large")
    monkeypatch.setattr(
        "avio.engines.local.transfer.shared_preload.worth_it", lambda size, pool: size == len(b"large".ljust(101))
    )
    store.put("large", b"large".ljust(101))
    owner, other = Job(world, 1, movers=2), Job(world, 2, "/data/large")
    with held_back(store, "a") as go:
        owner.start()
        until(lambda: fetched(store).total() == 1)
        assert other.start().join() == {Outcome.DONE: 1}
        go.set()
        assert owner.join() == {Outcome.DONE: 1, Outcome.SHARED: 1}
    assert set(fetched(store).values()) == {1}


def test_a_look_frees_some_files_at_a_time(world: World, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten jobs that wait behind one that dies share what it leaves."""
    put_many(store, *(f"{number:02}" for number in range(12)))
    monkeypatch.setattr(claimed_files, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(claimed_files, "LOOK_SECONDS", 0.0)
    job = Job(world, 1)
    tiers = job.engine._tiers  # type: ignore[attr-defined]
    dead, mine = claims.Claims(tiers, "01DEAD.1"), claims.Claims(tiers, "01MINE.1")
    assert all(dead.take(entry.path) for entry in job.entries)
    files = ClaimedFiles(mine, owner_watch.OwnerWatch(tiers), job.run, job.told.append)
    stream = files.of(job.entries)
    assert next(stream) is None
    dead.close()
    assert next(stream) is not None
    third = claims.Claims(tiers, "01THIRD.1")
    assert sum(third.take(entry.path) for entry in job.entries) == 7
    third.close()
    assert sum(entry is not None for entry in stream) == 11
    mine.close()
    job.engine.close()


_OWNER = """
import json, sys
from avio.engines.factory import open_engine
from avio.engines.base import Side
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt
engine = open_engine(json.load(sys.stdin))
entries = list(engine.walk("/data", depth=None, side=Side.BUCKET))
for moved in engine.preload(entries, Params(), Attempt("01DEAD.1")):
    pass
"""


@pytest.mark.faults
def test_the_files_of_a_job_that_is_killed_are_moved_by_the_one_that_waits(world: World, store: Store) -> None:
    put_many(store, *(f"{number:02}" for number in range(20)))
    with held_back(store) as go:
        owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdin=subprocess.PIPE, text=True)
        assert owner.stdin is not None
        owner.stdin.write(json.dumps(world.settings))
        owner.stdin.close()
        until(lambda: fetched(store).total() >= 4)
        other = Job(world, 2).start()
        until(lambda: other.waits)
        assert other.told[-1] is not None
        assert other.told[-1].job == "01DEAD"
        owner.send_signal(signal.SIGKILL)
        owner.wait(LIMIT)
        store.before = lambda method, key: None
        go.set()

        assert other.join() == {Outcome.DONE: 20}
    assert all(world.read_cache(f"/data/{number:02}") is not None for number in range(20))
