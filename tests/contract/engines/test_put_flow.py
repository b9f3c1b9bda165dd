"""How many small files are sent at once follows what the store bears, and the limits of the job."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from avio.engines.base import Entry, Moved
from avio.engines.local.buckets.multiput import MultiPut, SmallPut
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import FIRST_UPLOADS
from avio.engines.local.transfer import request_flow
from avio.engines.local.transfer.adaptive_width import FIRST
from avio.engines.local.transfer.upload import Upload
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, outcomes
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_many_puts import put_many
from tests.contract.engines.test_other_bytes import World
from tests.servers.golang import NoGo
from tests.servers.memory_s3 import memory_s3

FILES = 120


def taught(world: World) -> World:
    """Let the engine learn what its store does: until then threads upload."""
    put_many(world, FIRST_UPLOADS + 2, "first")
    assert set(outcomes(world.save()).values()) == {Outcome.DONE}
    return world


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return taught(World(tmp_path, ("s3://b", store.options), 1 << 30))


class Widths:
    """How many PUTs are under way: when each began, and `now`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[int] = []
        self._puts: MultiPut[object] | None = None
        add = MultiPut.add

        def counted(puts: MultiPut[object], place: S3Place, small: SmallPut, tag: object, moved: object) -> None:
            add(puts, place, small, tag, moved)  # type: ignore[arg-type]
            self._puts = puts
            self.seen.append(puts.live)

        monkeypatch.setattr(MultiPut, "add", counted)

    @property
    def now(self) -> int:
        return 0 if self._puts is None else self._puts.live


@pytest.fixture
def widths(monkeypatch: pytest.MonkeyPatch) -> Widths:
    return Widths(monkeypatch)


@pytest.fixture
def by_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that threads upload."""
    paths: list[str] = []
    run = Upload.run

    def counted(self: Upload, entry: Entry) -> Moved:
        paths.append(entry.path)
        return run(self, entry)

    monkeypatch.setattr(Upload, "run", counted)
    return paths


def test_more_are_sent_at_once_where_that_brings_more(tmp_path: Path, widths: Widths) -> None:
    try:
        with memory_s3(delay="100ms") as server:
            world = taught(World(tmp_path, (server.make_bucket("b"), server.options), 1 << 30))
            put_many(world, 1500)
            assert set(outcomes(world.save("/data/many")).values()) == {Outcome.DONE}
            assert max(widths.seen[: FIRST // 2]) <= FIRST
            assert max(widths.seen) >= 4 * FIRST
    except NoGo as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("pause", ["", "1"], ids=["no header", "Retry-After"])
def test_what_is_refused_at_first_is_sent_again_by_the_same_way(
    world: World, store: Store, by_threads: list[str], pause: str
) -> None:
    paths = put_many(world, 40 if pause else FILES)
    refused: dict[str, float] = {}
    taken: dict[str, float] = {}

    def refuse(method: str, key: str) -> Reply | None:
        if method == "PUT":
            if key not in refused:
                refused[key] = time.monotonic()
                status, headers, body = error(503, "SlowDown")
                return status, headers | ({"Retry-After": pause} if pause else {}), body
            taken[key] = time.monotonic()
        return None

    store.before = refuse
    moved = world.save("/data/many")

    assert outcomes(moved) == dict.fromkeys(paths, Outcome.DONE)
    assert by_threads == []
    assert len(taken) == len(paths)
    if pause:
        assert min(taken.values()) - min(refused.values()) >= 1
    assert {world.engine.stat(path).saved for path in paths[:3]} == {True}


def test_what_is_refused_each_time_is_left_to_a_thread_in_the_end(
    world: World, store: Store, by_threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_flow, "LONGEST_PAUSE_SECONDS", 0.01)
    put_many(world, FILES)
    asked: Counter[str] = Counter()

    def refuse(method: str, key: str) -> Reply | None:
        asked[key] += method == "PUT"
        is_it = (method, key) == ("PUT", "many/0007.json")
        return error(503, "SlowDown") if is_it and asked[key] <= request_flow.MAX_TRIES else None

    store.before = refuse
    assert set(outcomes(world.save("/data/many")).values()) == {Outcome.DONE}
    assert by_threads == ["/data/many/0007.json"]
    assert asked["many/0007.json"] == request_flow.MAX_TRIES + 1


@pytest.mark.parametrize("status", [503, 429])
def test_fewer_are_sent_where_the_store_bears_no_more(
    world: World, store: Store, widths: Widths, by_threads: list[str], status: int
) -> None:
    put_many(world, 400)

    def refuse(method: str, key: str) -> Reply | None:
        time.sleep(0.002)
        return error(status, "SlowDown") if method == "PUT" and widths.now > 6 else None

    store.before = refuse
    assert set(outcomes(world.save("/data/many")).values()) == {Outcome.DONE}
    assert len(by_threads) <= 40
    assert max(widths.seen) >= FIRST
    assert min(max(widths.seen[at : at + 40]) for at in range(len(widths.seen) - 40)) <= FIRST // 2


def test_a_change_of_the_concurrency_counts_at_once(world: World, store: Store, widths: Widths) -> None:
    put_many(world, FILES)
    run = Attempt()
    run.concurrency = 3
    begun = threading.Event()
    most: list[int] = []

    def slow(method: str, key: str) -> Reply | None:
        if method == "PUT":
            time.sleep(0.02)
            if store.count("PUT") > FILES // 2 and not begun.is_set():
                begun.set()
                most.append(max(widths.seen))
                run.concurrency = None
        return None

    store.requests.clear()
    store.before = slow
    assert set(outcomes(world.save("/data/many", run=run)).values()) == {Outcome.DONE}
    assert most == [3]
    assert max(widths.seen) > 3


def test_a_put_that_was_refused_and_done_all_the_same_is_done(world: World, store: Store) -> None:
    paths = put_many(world, 20)
    said: set[str] = set()

    def deny(method: str, key: str, reply: Reply) -> Reply:
        if method != "PUT" or key in said:
            return reply
        said.add(key)
        return error(503, "SlowDown")

    store.lie = deny
    assert outcomes(world.save("/data/many")) == dict.fromkeys(paths, Outcome.DONE)
    assert len(said) == 20
