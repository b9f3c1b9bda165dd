"""Very large objects that all movers of a job fetch together: the right bytes or none, whatever happens on the way."""

import os
import re
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.content import Content
from avio.engines.local import store_gate, workers
from avio.engines.local.buckets import object_fetch, ranged_fetch, spans
from avio.engines.local.transfer import mover_spans, mover_spread
from avio.engines.local.transfer.shared_preload import HELD_EACH
from avio.engines.movers import handle
from avio.errors import CacheFull, Corrupt, Damaged, EngineAway
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, outcomes
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import share, used
from tests.unit.engines.movers.thread_movers import Fleet

pytestmark = pytest.mark.usefixtures("unmeasured")

MIB = 1 << 20
CONTENT = os.urandom(5 * MIB + 4321)


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A preload of an object of 5 MiB, which is very large here: spans of 1 MiB, ranges of 128 KiB."""
    for module in (object_fetch, mover_spread):
        monkeypatch.setattr(module, "SPREAD_BYTES", 2 * MIB)
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 * MIB)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", MIB // 8)
    monkeypatch.setattr(spans, "LEAST_SPAN_BYTES", MIB)
    monkeypatch.setattr(handle, "GROW_BYTES", MIB)
    store.put("large", CONTENT)
    store.put("small", b"small")
    yield World(tmp_path, ("s3://b", store.options), 1 << 30)
    while Fleet.made:
        Fleet.made.pop().close()


def ranges(store: Store, key: str = "large") -> int:
    return store.requests.count(f"GET {key} ")


def assert_nothing_is_left(world: World) -> None:
    assert world.read_cache("/data/large") is None
    assert world.temporaries() == []
    assert used(world)[1] == 0


@pytest.fixture
def by_spans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads, by their numbers, that fetched each span."""
    threads: list[int] = []
    fetched = mover_spans._fetched

    def noted(*arguments: object) -> bool:
        threads.append(threading.get_ident())
        return fetched(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(mover_spans, "_fetched", noted)
    return threads


def test_all_movers_bring_one_object(world: World, store: Store, by_spans: list[int]) -> None:
    fleet = share(world, most=3)
    moved = world.preload()
    assert set(outcomes(moved).values()) == {Outcome.DONE}
    assert world.read_cache("/data/large") == CONTENT
    assert {each.content for each in moved.values()} == {Content.PROVED}
    assert len(by_spans) == 6
    assert len(set(by_spans)) > 1
    assert ranges(store) == 41
    assert fleet.run.bytes == 0  # the pool tells the run of the preload
    assert world.temporaries() == []
    assert used(world) == (len(CONTENT) + len(b"small"), 0)


def test_one_mover_brings_it_alone(world: World, by_spans: list[int]) -> None:
    share(world, most=1)
    assert set(outcomes(world.preload()).values()) == {Outcome.DONE}
    assert by_spans == []
    assert world.read_cache("/data/large") == CONTENT


def test_of_many_very_large_files_most_go_to_one_mover_each(world: World, store: Store, by_spans: list[int]) -> None:
    for number in range(8):
        store.put(f"x{number}", CONTENT)
    share(world, most=2)
    assert set(outcomes(world.preload()).values()) == {Outcome.DONE}
    assert len(by_spans) == 6 * 2 * HELD_EACH
    assert {world.read_cache(f"/data/x{number}") for number in range(8)} == {CONTENT}


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_mover_that_dies_costs_its_span_another_try(
    world: World, deaths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [deaths]
    fetched = mover_spans._fetched

    def dying(*arguments: object) -> bool:
        done = fetched(*arguments)  # type: ignore[arg-type]
        if left[0]:
            left[0] -= 1
            raise SystemExit
        return done

    monkeypatch.setattr(mover_spans, "_fetched", dying)
    share(world, most=2)
    assert set(outcomes(world.preload()).values()) == {Outcome.DONE}
    assert world.read_cache("/data/large") == CONTENT
    assert not left[0]


def flipped(reply: Reply) -> Reply:
    status, headers, body = reply
    return status, headers, bytes([body[0] ^ 1]) + body[1:]


@pytest.mark.parametrize("times", [1, 10**6])
def test_one_flipped_byte_is_fetched_again_two_are_not_published(world: World, store: Store, times: int) -> None:
    left = [times]

    def lie(method: str, key: str, reply: Reply) -> Reply:
        begin = re.match(r"bytes (\d+)-", reply[1].get("Content-Range", ""))
        if key != "large" or begin is None or begin[1] != str(3 * MIB) or not left[0]:
            return reply
        left[0] -= 1
        return flipped(reply)

    store.lie = lie
    share(world, most=2)
    moved = world.preload()
    if times == 1:
        assert moved["/data/large"].content is Content.REPAIRED
        assert world.read_cache("/data/large") == CONTENT
    else:
        assert isinstance(moved["/data/large"].error, Damaged)
        assert_nothing_is_left(world)


def test_a_span_that_never_comes_fails_the_file_and_leaves_nothing(world: World, store: Store) -> None:
    def lie(method: str, key: str, reply: Reply) -> Reply:
        begins = reply[1].get("Content-Range", "").startswith(f"bytes {4 * MIB}-")
        return error(403, "AccessDenied") if key == "large" and begins else reply

    store.lie = lie
    share(world, most=2)
    moved = world.preload()
    assert moved["/data/large"].outcome is Outcome.FAILED
    assert_nothing_is_left(world)
    assert world.read_cache("/data/small") == b"small"


def test_an_object_that_changes_meanwhile_is_fetched_in_its_new_version(world: World, store: Store) -> None:
    changed = os.urandom(len(CONTENT))
    once = [True]

    def before(method: str, key: str) -> Reply | None:
        if key == "large" and method == "GET" and ranges(store) == 5 and once:
            once.clear()
            store.put("large", changed)
        return None

    store.before = before
    share(world, most=2)
    moved = world.preload()
    assert moved["/data/large"].outcome is Outcome.DONE
    assert world.read_cache("/data/large") == changed


def test_a_job_that_stops_in_the_middle_leaves_nothing(world: World, store: Store) -> None:
    fleet = share(world, most=2)
    run = Attempt()
    run.stop = lambda: fleet.page.stopped

    def before(method: str, key: str) -> Reply | None:
        if key == "large" and method == "GET" and ranges(store) == 5:
            fleet.page.stop()
        return None

    store.before = before
    moved = list(world.engine.preload(world.engine.walk("/data", depth=None, side=Side.BUCKET), Params(), run))
    assert "/data/large" not in {each.entry.path for each in moved}
    assert_nothing_is_left(world)


@pytest.mark.parametrize("size", [1, 64 * MIB, 65 * MIB, 1 << 30, 5 << 40])
@pytest.mark.parametrize("processes", [1, 2, 64])
def test_spans_are_all_of_the_object_once(size: int, processes: int) -> None:
    found = spans.spans_of(size, processes)
    assert found[0].begin == 0
    assert found[-1].end == size
    assert all(one.end == other.begin for one, other in pairwise(found))
    assert max(span.end - span.begin for span in found) <= spans.MOST_SPAN_BYTES


def test_a_file_that_is_cut_off_while_it_is_read_back_is_corrupt(tmp_path: Path) -> None:
    class Seen:
        def update(self, data: bytes) -> None: ...

    with open(tmp_path / "f", "w+b") as file:
        file.write(b"x" * 10)
        file.flush()
        back = spans.ReadBack("s3://b/k", file.fileno(), Seen(), Attempt())  # type: ignore[arg-type]
        back.show(10)
        with pytest.raises(Corrupt, match="cut off"):
            back.show(11)


def test_an_object_that_fails_for_the_whole_job_leaves_the_movers_to_what_comes_next(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        store.put(f"x{number}", CONTENT)
    fetched = mover_spans._fetched
    began = threading.Event()

    def full(*arguments: object) -> bool:
        if not began.is_set():
            began.set()
            raise CacheFull("no room")
        time.sleep(0.5)
        return fetched(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(mover_spans, "_fetched", full)
    monkeypatch.setattr(workers, "LEAVE_SECONDS", 0.05)
    share(world, most=2)

    with pytest.raises(CacheFull):
        world.preload()

    assert [entry.path for entry in world.recheck([world.engine.stat("/data/small")]).values()] == ["/data/small"]
    assert world.temporaries() == []


def test_spans_without_a_thread_fail_the_object_and_are_waited_for_by_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def no_range(self: threading.Thread) -> None:
        if self.name == "range":
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", no_range)
    monkeypatch.setattr(store_gate, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    share(world, most=1)
    world.engine.pool = None

    moved = world.preload()

    assert isinstance(moved["/data/large"].error, EngineAway)
    assert_nothing_is_left(world)
