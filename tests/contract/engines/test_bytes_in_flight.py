"""What has come of files under way, on the way in and out: parts of a large file, of small objects, of an upload.

Each preload and save of a harness checks that all of it is in files that were moved.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines import retry
from avio.engines.local.buckets import object_put, pieces
from avio.engines.local.transfer import partial_bytes
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, outcomes
from tests.contract.engines.lying_store import Reply, Store, error
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import share
from tests.unit.engines.movers.thread_movers import Fleet

MIB = 1 << 20
LARGE = 3 * MIB
SMALL = 400_000


class Watched(Attempt):
    """An attempt that notes each number of bytes in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def advanced(self, size: int) -> None:
        super().advanced(size)
        self.seen.append(self.in_flight)


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(partial_bytes, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(pieces, "PIECE_BYTES", MIB // 2)
    yield World(tmp_path, ("s3://b", store.options), 1 << 30)
    while Fleet.made:
        Fleet.made.pop().close()


@pytest.mark.parametrize("movers", [0, 1])
def test_the_parts_of_a_large_file_are_in_flight_as_they_come(world: World, store: Store, movers: int) -> None:
    if movers:
        share(world)
    store.put("large", bytes(LARGE))
    store.slow = 10 * MIB
    run = Watched()
    assert outcomes(world.preload(run=run)) == {"/data/large": Outcome.DONE}
    assert run.seen == sorted(run.seen)
    assert [size for size in run.seen if 0 < size < LARGE], "it was counted only at its end"


def test_bytes_that_turn_out_wrong_are_taken_back(world: World, store: Store) -> None:
    store.put("large", bytes(LARGE))
    lies = iter([b"other"])

    def lie(method: str, key: str, reply: Reply) -> Reply:
        status, headers, body = reply
        if method == "GET" and key == "large" and (first := next(lies, None)):
            body = first + body[len(first) :]
        return status, headers, body

    store.lie = lie
    run = Watched()
    assert outcomes(world.preload(run=run)) == {"/data/large": Outcome.DONE}
    assert run.bytes == 2 * LARGE
    assert 0 in run.seen
    assert max(run.seen) == LARGE


def test_small_objects_are_in_flight_before_they_are_whole(world: World, store: Store) -> None:
    for number in range(3):
        store.put(f"f{number}", bytes(SMALL))
    store.slow = 2 * MIB
    run = Watched()
    run.concurrency = 1  # libcurl gets the first ones, and others go past it
    assert set(outcomes(world.preload(run=run)).values()) == {Outcome.DONE}
    assert run.seen == sorted(run.seen)
    for number in range(3):
        assert [size for size in run.seen if number * SMALL < size < (number + 1) * SMALL]


def test_a_small_object_that_fails_takes_its_bytes_back(world: World, store: Store) -> None:
    store.put("f", bytes(SMALL))
    store.slow = 2 * MIB
    lies = iter([SMALL // 2, SMALL // 2])
    store.lie = lambda method, key, reply: (
        (reply[0], reply[1], reply[2][:short]) if method == "GET" and key and (short := next(lies, 0)) else reply
    )
    run = Watched()
    assert outcomes(world.preload(run=run)) == {"/data/f": Outcome.DONE}
    assert [(earlier, later) for earlier, later in zip(run.seen, run.seen[1:], strict=False) if later < earlier]
    assert max(run.seen) == SMALL


def test_a_part_of_an_upload_that_is_sent_again_counts_once(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", MIB)
    monkeypatch.setattr("avio.engines.local.buckets.multipart.PART_PAUSES_SECONDS", (0.01,))
    world.put_cache("/data/large", bytes(4 * MIB))
    refused: list[str] = []

    def refuse_once(asked: str, key: str) -> Reply | None:
        if asked == "PUT" and not refused:
            refused.append(key)
            return error(500, "InternalError")
        return None

    store.before = refuse_once
    run = Watched()
    assert outcomes(world.save(run=run)) == {"/data/large": Outcome.DONE}
    assert refused
    assert run.in_flight == 4 * MIB
    assert run.bytes > 4 * MIB


@pytest.mark.parametrize("movers", [0, 1])
def test_a_save_has_its_small_files_in_flight_once(world: World, store: Store, movers: int) -> None:
    if movers:
        share(world)
    for number in range(30):
        world.put_cache(f"/data/f{number}", bytes(1000 + number))
    answers = iter([500, 503, 500, 503])
    store.before = lambda asked, key: (
        error(status, "SlowDown") if asked == "PUT" and (status := next(answers, 0)) else None
    )
    run = Watched()
    assert set(outcomes(world.save(run=run)).values()) == {Outcome.DONE}
    assert run.in_flight == sum(1000 + number for number in range(30))
