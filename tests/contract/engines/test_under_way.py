"""What happens to a file of the local engine while it moves: big ones, stops, changes by another program."""

import os
import threading
import time

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.stamps import stamp_new
from avio.engines.local.transfer import download
from avio.errors import SourceChanged
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, OnDisk, outcomes

DONE, KEPT, FAILED = Outcome.DONE, Outcome.KEPT, Outcome.FAILED
BIG = 80 << 20


def in_a_worker() -> bool:
    """Tell whether the attempt is asked by the thread that moves the file, between two of its steps."""
    return threading.current_thread() is not threading.main_thread()


def test_a_big_file_goes_there_and_back_whole(local: OnDisk) -> None:
    content = os.urandom(1 << 20) * (BIG >> 20)
    local.put_bucket("/data/big", content)
    assert outcomes(local.preload()) == {"/data/big": DONE}
    assert local.read_cache("/data/big") == content
    local.put_cache("/data/big", content[::-1])
    assert outcomes(local.save()) == {"/data/big": DONE}
    assert local.read_bucket("/data/big") == content[::-1]
    assert local.engine.stat("/data/big").state is EntryState.CACHED


def test_an_attempt_leaves_in_the_midst_of_a_big_file(local: OnDisk) -> None:
    local.put_bucket("/data/big", bytes(BIG))
    run = Attempt()
    run.stop = lambda: run.bytes > 5 << 20
    begin = time.monotonic()
    assert local.preload(run=run) == {}
    assert time.monotonic() - begin < 10
    assert run.bytes < BIG
    assert local.read_cache("/data/big") is None
    assert local.temporaries() == []


def test_a_big_save_that_must_leave_leaves_no_object(local: OnDisk) -> None:
    local.put_cache("/data/big", bytes(BIG))
    run = Attempt()
    run.stop = lambda: run.bytes > 5 << 20
    assert local.save(run=run) == {}
    assert local.read_bucket("/data/big") is None
    assert local.temporaries() == []


def test_a_file_that_is_written_while_it_is_saved_is_tried_again(local: OnDisk) -> None:
    local.put_cache("/data/f", b"a" * 3_000_000)
    run = Attempt()
    wrote: list[bool] = []

    def stop() -> bool:
        # Only between two chunks of its own thread: an idle one may be asking when the last chunk has been confirmed.
        if threading.current_thread() is run.mover and not wrote:
            wrote.append(True)
            local.put_cache("/data/f", b"b" * 3_000_001)
        return False

    run.stop = stop
    moved = local.save(run=run)["/data/f"]
    assert (moved.outcome, moved.tries) == (DONE, 2)
    assert local.read_bucket("/data/f") == b"b" * 3_000_001


def test_a_file_that_is_always_written_to_is_not_saved(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.retry.ENTRY_BACKOFF_SECONDS", 0.01)
    local.put_cache("/data/f", b"a" * 3_000_000)
    run = Attempt()

    def stop() -> bool:
        if in_a_worker():
            append()
        return False

    def append() -> None:
        with open(local.tiers[0] / "data/f", "ab") as file:
            file.write(b"more")

    run.stop = stop
    moved = local.save(run=run)["/data/f"]
    assert (moved.outcome, moved.tries) == (FAILED, 5)
    assert isinstance(moved.error, SourceChanged)
    assert local.read_bucket("/data/f") is None


def test_a_copy_written_while_it_is_fetched_is_kept(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_bucket("/data/f", b"theirs")

    def write_both(fd: int, name: str, size: int, mtime_ns: int, *etags: str | None) -> None:
        local.put_cache("/data/f", b"mine")
        stamp_new(fd, name, size, mtime_ns, *etags)

    monkeypatch.setattr(download, "stamp_new", write_both)
    assert outcomes(local.preload()) == {"/data/f": KEPT}
    assert local.read_cache("/data/f") == b"mine"


def test_nobody_waits_for_a_reader_that_went_away(local: OnDisk) -> None:
    local.put_all(f"/data/{number}" for number in range(100))
    before = set(threading.enumerate())  # some of which may end meanwhile
    stream = local.engine.preload(local.engine.walk("/data", depth=None, side=Side.BUCKET), Params(), Attempt())
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert set(threading.enumerate()) <= before
    assert local.temporaries() == []
