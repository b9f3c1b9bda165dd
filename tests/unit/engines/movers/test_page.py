"""The memory that a job process shares with its movers."""

import os
import signal
import struct
import time

from avio.clock import boottime
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.page import MAX_MOVERS, Page, Shown
from avio.wire.limits import Limits

LIMIT = 30.0  # seconds


def test_each_mover_has_a_place_of_its_own_that_another_process_writes() -> None:
    page = Page()
    for place in range(MAX_MOVERS):
        child = os.fork()
        if not child:
            run = MoverRun(page, place, "x.1", 1)
            run.moved(place)
            run.checked(2 * place)
            os._exit(0)
        os.waitpid(child, 0)
    assert [page.shown(place) for place in range(MAX_MOVERS)] == [Shown(n, 2 * n, 2) for n in range(MAX_MOVERS)]


def test_a_new_mover_at_a_place_begins_anew() -> None:
    page = Page()
    MoverRun(page, 3, "x.1", 1).moved(10)
    page.dismiss(3)
    assert page.ends(3, boottime())
    page.clear(3)
    assert page.shown(3) == Shown()
    assert not page.ends(3, boottime())


def test_a_mover_has_its_share_of_the_limits_as_they_are_now() -> None:
    page = Page()
    run = MoverRun(page, 0, "x.1", 1)
    bandwidth = run.bandwidth
    assert (run.concurrency, bandwidth.piece(1 << 30)) == (None, 1 << 30)
    page.limits = Limits(100 << 20, 9)
    assert (run.concurrency, run.bandwidth.piece(1 << 30)) == (9, 10 << 20)
    page.movers = 3
    assert run.concurrency == 3
    page.movers = 2
    assert run.bandwidth.piece(1 << 30) == 5 << 20
    assert run.concurrency == 4
    page.limits = Limits()
    assert (run.concurrency, run.bandwidth.piece(1 << 30)) == (None, 1 << 30)
    assert run.bandwidth is bandwidth


def test_a_mover_whose_lease_was_late_leaves_though_it_is_renewed() -> None:
    page = Page()
    run = MoverRun(page, 0, "x.1", 1)
    page.deadline = boottime() - 1
    assert run.stopping()

    page.deadline = boottime() + 60

    assert run.stopping()


def test_a_mover_stops_for_the_attempt_its_lease_its_dismissal_and_a_closed_socket() -> None:
    def run(place: int = 0) -> tuple[Page, MoverRun]:
        page = Page()
        return page, MoverRun(page, place, "x.1", 1)

    page, mover = run()
    assert not mover.stopping()
    page.stop()
    assert mover.stopping()
    page, mover = run()
    page.deadline = boottime() + 100
    assert not mover.stopping()
    page.deadline = boottime() - 0.001
    assert mover.stopping()
    page, mover = run(1)
    page.dismiss(0)
    assert not mover.stopping()
    page.dismiss(1)
    assert mover.stopping()
    _, mover = run()
    mover.leave()
    assert mover.stopping()


def test_silence_lasts_as_long_as_the_longest_block() -> None:
    page = Page()
    run = MoverRun(page, 0, "x.1", 1)
    with run.silent(100):
        with run.silent(1):
            assert page.shown(0).silent_until > time.monotonic() + 90
        assert page.shown(0).silent_until > time.monotonic() + 90
    assert page.shown(0).silent_until == 0.0
    assert page.shown(0).beats == 4


def test_a_deadline_is_seen_whole_while_it_is_written() -> None:
    page = Page()
    both = [struct.unpack("d", bytes([byte] * 8))[0] for byte in (0x41, 0x42)]
    page.deadline = both[0]
    child = os.fork()
    while not child:  # until it is killed
        for moment in both:
            page.deadline = moment
    seen: set[float] = set()
    begin = time.monotonic()
    # A busy machine may run the child late.
    while (waited := time.monotonic() - begin) < 0.5 or (len(seen) < 2 and waited < LIMIT):
        seen.update(page.deadline for _ in range(1000))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert seen == set(both)
