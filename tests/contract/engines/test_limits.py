"""The limits of a job on the local engine: how much is under way, and how fast; changed while it runs."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from avio.engines.bandwidth import Bandwidth
from avio.engines.base import Entry, Moved
from avio.engines.local import workers as workers_module
from avio.engines.local.buckets import object_fetch, ranged_fetch
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiget import HOPELESS_FAILURES, MultiGet
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.transfer import request_flow
from avio.engines.local.transfer.bulk_download import SMALL_BYTES
from avio.engines.local.transfer.download import Download
from avio.engines.local.transfer.upload import Upload
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, Harness, ObjectsHarness, outcomes
from tests.contract.engines.lying_store import Reply, Store, error, lying_store
from tests.contract.engines.test_other_bytes import World
from tests.processes import wait_until
from tests.servers.seaweed import S3Server

RATE = 1 << 20


@pytest.fixture(params=["files", "small objects", "large objects"])
def world(request: pytest.FixtureRequest, tmp_path: Path, seaweed_server: S3Server) -> Harness:
    """The local engine on each way of moving bytes, with two seconds of `RATE` in its bucket."""
    made: Harness
    if request.param == "files":
        made = FilesHarness(tmp_path)
    else:
        folder = os.urandom(8).hex()
        url = seaweed_server.make_bucket("contract")
        store = seaweed_server.store("contract", folder)
        made = ObjectsHarness(tmp_path, f"{url}/{folder}", seaweed_server.options, store, 1 << 30)
    size = 128 << 10 if request.param == "small objects" else SMALL_BYTES + (256 << 10)
    for number in range(2 * RATE // size + 1):
        made.put_bucket(f"/data/{number:03}", os.urandom(size))
    return made


def seconds_of_preload(world: Harness, run: Attempt) -> float:
    """Return how long a preload takes, which succeeds."""
    began = time.monotonic()
    assert set(outcomes(world.preload("/data", run=run)).values()) == {Outcome.DONE}
    return time.monotonic() - began


def test_a_bandwidth_is_kept(world: Harness) -> None:
    run = Attempt()
    run.bandwidth.set(RATE)

    seconds = seconds_of_preload(world, run)

    assert run.bytes >= 2 * RATE
    assert seconds > 0.6 * (run.bytes - 1.5 * SMALL_BYTES) / RATE


def seconds_of_save(world: Harness, run: Attempt) -> float:
    """Return how long a save of as many bytes takes, which succeeds."""
    for number in range(8):
        world.put_cache(f"/data/new/{number}", os.urandom(2 * RATE // 8))
    began = time.monotonic()
    assert set(outcomes(world.save("/data/new", run=run)).values()) == {Outcome.DONE}
    return time.monotonic() - began


def test_a_save_keeps_its_bandwidth(world: Harness) -> None:
    run = Attempt()
    run.bandwidth.set(RATE)

    assert seconds_of_save(world, run) > 1


def test_a_save_that_crawls_is_fast_after_a_change(world: Harness) -> None:
    run = Attempt()
    run.bandwidth.set(64 << 10)
    change = threading.Timer(0.5, run.bandwidth.set, [None])
    change.start()

    assert seconds_of_save(world, run) < 20
    change.join()


def test_a_job_that_crawls_is_fast_after_a_change(world: Harness) -> None:
    run = Attempt()
    run.bandwidth.set(64 << 10)
    change = threading.Timer(0.5, run.bandwidth.set, [None])
    change.start()

    assert seconds_of_preload(world, run) < 20  # two megabytes at 64 KiB/s take 32 s
    change.join()


class Counting:
    """Counts how many moves are under way in threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = self.begun = 0

    def __enter__(self) -> None:
        with self.lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1

    def wait_for_more(self, moves: int) -> None:
        """Return once so many more moves have begun, however slow the machine is."""
        until = self.begun + moves
        wait_until(lambda: self.begun >= until, 20, f"{moves} more moves have begun")


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Count the downloads and uploads of threads; each takes a moment."""
    counting = Counting()

    def count(kind: type[Download | Upload]) -> None:
        run = kind.run

        def counted(self: Any, entry: Entry) -> Moved:
            with counting:
                time.sleep(0.03)
                return run(self, entry)

        monkeypatch.setattr(kind, "run", counted)

    count(Download)
    count(Upload)
    return counting


@pytest.mark.parametrize(("concurrency", "threads", "most"), [(None, 3, 3), (2, 8, 2), (6, 1, 6)])
def test_as_many_threads_move_files_as_the_job_may_have(
    tmp_path: Path, in_threads: Counting, concurrency: int | None, threads: int, most: int
) -> None:
    world = FilesHarness(tmp_path)
    for number in range(40):
        world.put_bucket(f"/data/{number}", b"x")
    run = Attempt(threads=threads)
    run.concurrency = concurrency

    assert set(outcomes(world.preload("/data", run=run)).values()) == {Outcome.DONE}

    assert in_threads.most == most


@pytest.mark.parametrize("verb", ["preload", "save"])
def test_threads_come_and_go_as_the_concurrency_changes(tmp_path: Path, in_threads: Counting, verb: str) -> None:
    world = FilesHarness(tmp_path)
    for number in range(240):
        (world.put_bucket if verb == "preload" else world.put_cache)(f"/data/{number}", b"x")
    run = Attempt()
    run.concurrency = 1
    seen: list[int] = []

    def change() -> None:
        for concurrency, moves in ((9, 10), (2, 60)):
            in_threads.wait_for_more(moves)
            seen.append(in_threads.most)
            run.concurrency = concurrency
            in_threads.wait_for_more(30)
            in_threads.most = in_threads.now
        in_threads.wait_for_more(10)
        seen.append(in_threads.most)

    changing = threading.Thread(target=change)
    changing.start()
    moved = world.preload("/data", run=run) if verb == "preload" else world.save("/data", run=run)
    changing.join()

    assert set(outcomes(moved).values()) == {Outcome.DONE}
    assert seen[:2] == [1, 9]
    assert 1 <= seen[2] <= 2


def test_small_and_large_objects_together_are_no_more_than_the_job_may_have(
    tmp_path: Path, seaweed_server: S3Server, in_threads: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = os.urandom(8).hex()
    url, store = seaweed_server.make_bucket("contract"), seaweed_server.store("contract", folder)
    world = ObjectsHarness(tmp_path, f"{url}/{folder}", seaweed_server.options, store, 1 << 30)
    for number in range(60):
        world.put_bucket(f"/data/{number:02}", bytes(SMALL_BYTES + 1 if number % 5 == 0 else 10))
    together: list[int] = []
    poll = MultiGet.poll

    def polled(self: MultiGet[object], limit: float) -> list[tuple[object, bytes | None]]:
        together.append(self.live + in_threads.now)
        return poll(self, limit)

    monkeypatch.setattr(MultiGet, "poll", polled)
    run = Attempt()
    run.concurrency = 3

    assert set(outcomes(world.preload("/data", run=run)).values()) == {Outcome.DONE}

    assert max(together) == 3
    assert in_threads.most >= 1
    assert workers_module.MAX_BACKLOG > 60


@pytest.fixture
def busy_store() -> Iterator[S3Place]:
    """A store of ours that refuses every GET, and asks to be left alone for 9 seconds."""

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.send_header("Retry-After", "9")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield S3Place(f"http://127.0.0.1:{server.server_port}/b", "b", "", "here", "me", "mine")
        server.shutdown()


def test_a_store_that_asks_to_slow_down_is_heard_and_not_given_up(busy_store: S3Place) -> None:
    gets: MultiGet[int] = MultiGet()
    for number in range(HOPELESS_FAILURES + 1):
        gets.add(busy_store, Source("k", 1, 0, '"e"'), number, StoreFacts("s3://b"))
    ended: list[tuple[int, bytes | None]] = []
    while gets.live:
        ended += gets.poll(0.1)

    refused, pause = gets.refused()
    assert sorted(refused) == list(range(HOPELESS_FAILURES + 1))
    assert pause == 9.0
    assert gets.refused() == ([], 0.0)
    assert ended == []
    assert not gets.hopeless
    gets.close()


@pytest.fixture
def store() -> Iterator[Store]:
    with lying_store() as store:
        for number in range(80):
            store.put(f"f{number}", b"x" * 1000)
        yield store


@pytest.mark.faults
@pytest.mark.parametrize("pause", ["", "1"], ids=["no header", "Retry-After"])
def test_what_is_refused_at_first_is_got_again_by_the_same_way(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, pause: str
) -> None:
    world = World(tmp_path, ("s3://b", store.options), 1 << 30)
    refused: dict[str, float] = {}
    got: dict[str, float] = {}

    def refuse(method: str, key: str) -> Reply | None:
        if method == "GET" and key:
            if key not in refused:
                refused[key] = time.monotonic()
                status, headers, body = error(503, "SlowDown")
                return status, headers | ({"Retry-After": pause} if pause else {}), body
            got[key] = time.monotonic()
        return None

    def by_a_thread(*_: object) -> object:
        raise AssertionError("a thread asked for an object")

    store.before = refuse
    monkeypatch.setattr(Download, "run", by_a_thread)

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}

    assert len(got) == 80
    if pause:
        assert min(got.values()) - min(refused.values()) >= 1


def test_what_is_refused_each_time_is_left_to_threads_in_the_end(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_flow, "LONGEST_PAUSE_SECONDS", 0.01)
    world = World(tmp_path, ("s3://b", store.options), 1 << 30)
    asked: Counter[str] = Counter()

    def refuse(method: str, key: str) -> Reply | None:
        asked[key] += method == "GET"
        return error(503, "SlowDown") if key == "f7" and asked[key] <= request_flow.MAX_TRIES else None

    by_threads: list[str] = []
    run = Download.run

    def counted(self: Download, entry: Entry) -> Moved:
        by_threads.append(entry.path)
        return run(self, entry)

    store.before = refuse
    monkeypatch.setattr(Download, "run", counted)

    assert set(outcomes(world.preload("/data")).values()) == {Outcome.DONE}
    assert by_threads == ["/data/f7"]
    assert asked["f7"] == request_flow.MAX_TRIES + 1


class Spent(Bandwidth):
    """A bandwidth that nothing waits for, and what was spent of it."""

    def __init__(self) -> None:
        super().__init__(10**12)
        self.bytes = 0

    def spend(self, size: int) -> None:
        self.bytes += size
        super().spend(size)

    def admit(self, size: int) -> float:
        self.bytes += size
        return super().admit(size)


def test_the_ranges_of_a_large_object_are_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_fetch, "LARGE_BYTES", 2 << 20)
    monkeypatch.setattr(ranged_fetch, "RANGE_BYTES", 1 << 19)
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put("f", bytes(4 << 20))
        run = Attempt()
        run.bandwidth = spent = Spent()
        assert set(outcomes(world.preload(run=run)).values()) == {Outcome.DONE}
        assert spent.bytes == 4 << 20


@pytest.mark.parametrize(("files", "size"), [(12, 1 << 16), (1, 20 << 20)])
def test_small_files_and_parts_that_are_saved_are_spent(tmp_path: Path, files: int, size: int) -> None:
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        for number in range(files):
            world.put_cache(f"/data/{number}", bytes(size))
            os.utime(world.tiers[0] / f"data/{number}", (1_700_000_000, 1_700_000_000))
        run = Attempt()
        run.bandwidth = spent = Spent()
        assert set(outcomes(world.save(run=run)).values()) == {Outcome.DONE}
        assert spent.bytes == files * size


@pytest.mark.parametrize("most", [1, 2])
def test_a_save_has_no_more_small_files_under_way_than_the_job_may_have(tmp_path: Path, most: int) -> None:
    with lying_store() as store:
        world = World(tmp_path, ("s3://b", store.options), 1 << 30)
        for number in range(40):
            world.put_cache(f"/data/{number}", b"x")
            os.utime(world.tiers[0] / f"data/{number}", (1_700_000_000, 1_700_000_000))
        puts = Counting()

        def before(method: str, key: str) -> Reply | None:
            if method == "PUT":
                with puts:
                    time.sleep(0.02)
            return None

        store.before = before
        run = Attempt()
        run.concurrency = most
        assert set(outcomes(world.save(run=run)).values()) == {Outcome.DONE}
        assert puts.most <= most
