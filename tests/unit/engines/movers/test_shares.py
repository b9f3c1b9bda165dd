"""What each mover has done is told: files, bytes on the wire, processor time."""

import os
import subprocess
import sys
import time

import pytest

from avio.engines.movers import shares
from avio.engines.movers.batches import BATCH_ROWS
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.packets import Row
from avio.engines.movers.page import Shown
from avio.engines.movers.shares import Shares, processor_ms
from avio.wire.progress import MoverShare
from avio.wire.results import Outcome
from tests.unit.engines.movers.thread_movers import Echo, Fleet, Wire

MANY = [f"file {number}" for number in range(60 * BATCH_ROWS)]
BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"


class Moving(Echo):
    """An engine whose results are outcomes: the last word of each row."""

    def result(self, task: str, row: Row, run: MoverRun) -> Row:
        return [row[0].rpartition(" ")[2], None]


def test_the_files_of_all_movers_are_those_that_the_job_moved() -> None:
    fleet = Fleet(engine=Moving(), most=3)
    outcomes = (Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED, Outcome.KEPT)
    list(fleet.spread(f"{name} {outcomes[place % 4]}" for place, name in enumerate(MANY)))
    told = fleet.pool.shares.told()
    assert len(told) == fleet.pool.started > 1
    assert sum(share.files for share in told) == len(MANY) // 4
    assert all(share.files for share in told)


def test_the_files_of_a_check_are_those_that_were_compared() -> None:
    fleet = Fleet(engine=Moving())
    words = [Outcome.SAME, Outcome.DIFFERENT, Outcome.ONLY_IN_BUCKET, Outcome.ONLY_IN_CACHE, Outcome.FAILED]
    list(fleet.spread([f"file {word}" for word in words], task="check"))
    assert [share.files for share in fleet.pool.shares.told()] == [4]


@pytest.mark.parametrize("result", [["placed"], ["cached"], ["other"], ["unchecked"], [None], [True], [5, "MEM"], []])
def test_checks_after_the_last_byte_and_parts_of_files_count_no_file(result: Row) -> None:
    told = Shares()
    told.begin(0)
    told.did(0, [[0, "done"], [1, *result]])
    assert told.told() == [MoverShare(files=1)]


def test_bytes_on_the_wire_are_those_of_their_mover() -> None:
    def move(wire: Wire) -> None:
        number, rows = wire.batch()
        fleet.page.show(0, Shown(moved=70, beats=1))
        wire.done(number, *range(len(rows)), what="done")
        wire.read()

    fleet = Fleet(move)
    list(fleet.spread(MANY[:10]))
    assert fleet.pool.shares.told() == [MoverShare(files=10, bytes=70)]


def test_a_mover_in_the_place_of_a_dead_one_adds_to_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Shares()
    for spent in (40, 7):
        monkeypatch.setattr(shares, "processor_ms", lambda pid, spent=spent: spent)
        told.begin(5)
        told.did(5, [[0, "done"]])
        told.spent(5, 77, last=True)
    assert told.told() == [MoverShare(files=2, cpu_ms=47)]


def test_processor_time_is_that_of_the_other_process_and_stays_after_its_end() -> None:
    told = Shares()
    told.begin(0)
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        told.spent(0, busy.pid)
        (before,) = told.told()
        busy.communicate("\n")
    assert 300 <= before.cpu_ms < 2000
    with pytest.raises(OSError):
        processor_ms(busy.pid)
    told.spent(0, busy.pid, last=True)
    assert told.told() == [before]


def test_the_clock_is_read_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    monkeypatch.setattr(shares, "processor_ms", lambda pid: read.append(pid) or len(read))
    told = Shares()
    told.begin(0)
    for _ in range(100):
        told.spent(0, 77)
    assert len(read) == 1
    told.spent(0, 77, last=True)
    assert len(read) == 2


def test_a_mover_that_has_not_entered_its_place_has_no_clock() -> None:
    told = Shares()
    told.begin(0)
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
    told.spent(0, 0, last=True)
    assert told.told() == [MoverShare()]
    assert processor_ms(os.getpid()) >= 10
