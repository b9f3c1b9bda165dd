"""The movers of a very large object are free soon after the spread is closed, whatever its threads are at."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.cancel import Stopped
from avio.engines.local.buckets.base import Source
from avio.engines.local.transfer.mover_spread import MoverSpread
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt

SOON_SECONDS = 2.0
SIZE = 256 << 20


class Movers:
    """A pool whose movers bring each span at once. `free` is True while no task has them."""

    most = 2

    def __init__(self) -> None:
        self.free = True
        self.given = 0

    def spread(self, _task: str, _params: Params, batches: Iterator[Any], run: Any) -> Iterator[Any]:
        self.free = False
        try:
            for batch in batches:
                if run.stopping():
                    return
                self.given += 1
                yield batch, [[0, False, None, False]]
        finally:
            self.free = True


class ReadingBack:
    """A thread that brings an object and reads its first span back until `over` is set."""

    def __init__(self, spread: MoverSpread) -> None:
        self.reads, self.over = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self._spread = spread
        self._thread = threading.Thread(target=self._bring)
        self._thread.start()

    def _bring(self) -> None:
        try:
            for _ in self._spread.bring("/data/f", Source("f", SIZE, 0, "etag"), "MEM", "f", lambda _: None):
                self.reads.set()
                self.over.wait(10)
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        self.over.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def made(movers: Movers) -> MoverSpread:
    pool: Any = movers
    return MoverSpread(pool, Params(), Attempt())


def test_closing_waits_for_no_read_back() -> None:
    movers = Movers()
    spread = made(movers)
    reading = ReadingBack(spread)
    assert reading.reads.wait(10)

    began = time.monotonic()
    spread.close()
    took = time.monotonic() - began

    assert (took < SOON_SECONDS, movers.free) == (True, True)
    reading.end()
    assert isinstance(reading.error, Stopped)


def test_nothing_uses_the_movers_after_the_close() -> None:
    movers = Movers()
    spread = made(movers)
    first = ReadingBack(spread)
    assert first.reads.wait(10)
    second = ReadingBack(spread)  # waits for its turn

    spread.close()
    given = movers.given
    first.end()
    second.end()

    assert isinstance(second.error, Stopped)
    assert (movers.given, movers.free) == (given, True)
    with pytest.raises(Stopped):
        next(spread.bring("/data/g", Source("g", SIZE, 0, "etag"), "MEM", "g", lambda _: None))


def test_one_object_has_the_movers_at_a_time_and_the_next_one_then() -> None:
    movers = Movers()
    spread = made(movers)
    first = ReadingBack(spread)
    assert first.reads.wait(10)
    second = ReadingBack(spread)
    assert not second.reads.wait(0.3)

    first.end()

    assert second.reads.wait(10)
    second.end()
    assert (first.error, second.error, movers.free) == (None, None, True)


def test_who_leaves_early_frees_the_movers() -> None:
    movers = Movers()
    spread = made(movers)
    bringing = spread.bring("/data/f", Source("f", SIZE, 0, "etag"), "MEM", "f", lambda _: None)
    next(bringing)
    bringing.close()  # type: ignore[attr-defined]  # a generator

    assert movers.free
    spread.close()
