"""The bytes of a GET are written a piece at a time: all, in their place, soon, no more than were asked for."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from avio.engines.bandwidth import Bandwidth
from avio.engines.cancel import Stopped
from avio.engines.local.buckets import pieces
from avio.engines.local.buckets.pieces import MOST_CHUNKS, PIECE_BYTES, Pieces
from avio.errors import Corrupt, EngineAway
from tests.contract.engines.harness import Attempt

CHUNK = bytes(range(256)) * 64


@pytest.fixture
def target(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "target", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes."""
    monkeypatch.setattr(pieces.time, "monotonic", lambda: 0.0)


class Seen:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, chunks: Sequence[memoryview | bytes]) -> None:
        self.sizes.append(sum(map(len, chunks)))


def made(
    target: int, run: Attempt, begin: int, end: int, stopping: Callable[[], bool] = lambda: False
) -> tuple[Pieces, Seen]:
    seen = Seen()
    return Pieces("s3://b/k", target, begin, end, run, stopping, seen), seen


def test_all_bytes_are_in_their_place(target: int) -> None:
    content = os.urandom(3 * PIECE_BYTES + 12_345)
    run = Attempt()
    taken, seen = made(target, run, 1000, 1000 + len(content))
    for at in range(0, len(content), len(CHUNK)):
        taken.take(content[at : at + len(CHUNK)])
    taken.write()
    assert os.pread(target, len(content) + 2000, 1000) == content
    assert taken.place == 1000 + len(content)
    assert seen.sizes == [PIECE_BYTES] * 3 + [12_345]
    assert run.bytes == len(content)


def test_a_write_that_the_system_cuts_short_goes_on(target: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(fd: int, chunks: Sequence[bytes], place: int) -> int:
        return os.pwrite(fd, b"".join(chunks)[:100], place)

    monkeypatch.setattr(pieces.os, "pwritev", cut)
    taken, _ = made(target, Attempt(), 0, 1 << 20)
    taken.take(CHUNK)
    taken.take(CHUNK)
    taken.write()
    assert os.pread(target, 1 << 20, 0) == CHUNK * 2


def test_more_than_was_asked_for_is_corrupt(target: int) -> None:
    taken, seen = made(target, Attempt(), 5, 5 + len(CHUNK))
    taken.take(CHUNK)
    with pytest.raises(Corrupt, match="more than"):
        taken.take(b"x")
    assert seen.sizes == []


def test_a_slow_line_shows_what_came(target: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.05, 0.11, 0.11])
    monkeypatch.setattr(pieces.time, "monotonic", lambda: next(clock))
    taken, seen = made(target, Attempt(), 0, 1 << 20)
    taken.take(b"abc")
    assert seen.sizes == []
    taken.take(b"def")
    assert seen.sizes == [6]


def test_tiny_chunks_are_not_more_than_the_system_takes(target: int) -> None:
    taken, seen = made(target, Attempt(), 0, 1 << 20)
    for _ in range(MOST_CHUNKS):
        taken.take(b"x")
    assert seen.sizes == [MOST_CHUNKS]


def test_under_a_bandwidth_pieces_are_small(target: int) -> None:
    run = Attempt()
    run.bandwidth = Bandwidth(200 << 10)
    taken, seen = made(target, run, 0, 1 << 20)
    for _ in range(3):
        taken.take(CHUNK[: 10 << 10])
    assert seen.sizes == [20 << 10]


def test_a_bandwidth_that_comes_holds_from_the_next_piece_on(target: int) -> None:
    run = Attempt()
    taken, seen = made(target, run, 0, 1 << 20)
    taken.take(CHUNK)
    run.bandwidth = Bandwidth(160 << 10)
    taken.write()
    assert seen.sizes == [len(CHUNK)]
    run.bandwidth = Bandwidth(160 << 10)
    taken.take(CHUNK)
    assert seen.sizes == [len(CHUNK)] * 2


def test_an_attempt_that_stops_writes_nothing(target: int) -> None:
    taken, _ = made(target, Attempt(), 0, 1 << 20, stopping=lambda: True)
    taken.take(CHUNK)
    with pytest.raises(Stopped):
        taken.write()
    assert os.fstat(target).st_size == 0


def test_a_line_that_breaks_after_the_last_byte_costs_no_other_get(target: int) -> None:
    taken, _ = made(target, Attempt(), 0, len(CHUNK))
    asked = []

    def get() -> None:
        asked.append(taken.place)
        taken.take(CHUNK)
        raise EngineAway("the line broke")

    taken.fill(get, len(CHUNK))
    assert asked == [0]
    assert os.pread(target, 1 << 20, 0) == CHUNK


def test_bytes_in_memory_that_is_used_again_are_written_before_the_next_ones(target: int) -> None:
    content, memory = os.urandom(3 * PIECE_BYTES + 12_345), memoryview(bytearray(PIECE_BYTES))
    run = Attempt()
    taken, seen = made(target, run, 1000, 1000 + len(content))

    def next_bytes(most: int) -> memoryview:
        part = content[taken.place - 1000 :][: min(most, 700_000)]
        memory[: len(part)] = part
        return memory[: len(part)]

    taken.receive(len(content), next_bytes)
    assert os.pread(target, len(content) + 2000, 1000) == content
    assert taken.place == 1000 + len(content)
    assert run.bytes == sum(seen.sizes) == len(content)


def test_under_a_bandwidth_little_is_received_at_a_time(target: int) -> None:
    run = Attempt()
    run.bandwidth = Bandwidth(200 << 10)
    taken, seen = made(target, run, 0, 1 << 20)
    asked = []

    def next_bytes(most: int) -> memoryview:
        asked.append(most)
        if len(asked) > 1:
            raise EngineAway("the line broke")
        return memoryview(bytes(most))

    with pytest.raises(EngineAway):
        taken.receive(30 << 10, next_bytes)
    assert asked == [20 << 10, 10 << 10]
    assert seen.sizes == [20 << 10]
