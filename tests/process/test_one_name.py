"""Two supervisors of one node name: on one spool, on two, and the old one beside its replacement."""

import os
import signal
import threading
import time

import pytest

from tests.process.avio_process import Supervisor
from tests.process.site import Site
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.faults

LEAVE_LIMIT = 30.0


def elsewhere(site: Site, **environ: str) -> Supervisor:
    """Start a supervisor of the same name with a spool of its own, as on another machine."""
    return site.supervisor("n1", AVIO_SPOOL=str(site.home / "elsewhere"), **environ)


def test_a_second_supervisor_of_a_name_leaves_with_words_and_the_first_goes_on(site: Site) -> None:
    site.fill(20)
    first = site.supervisor()
    wait_until(lambda: site.node() is not None, 20, "the first is registered")

    second = elsewhere(site)

    assert second.process.wait(LEAVE_LIMIT) == 1
    assert "another supervisor is registered as node n1" in second.words()
    assert "AVIO_NODE" in second.words()
    assert (site.node().epoch, first.process.poll()) == (1, None)
    row = site.wait_for_end(site.order())
    assert (row["state"], row["losses"]) == ("succeeded", 0)


def test_a_second_supervisor_on_the_same_spool_does_not_start(site: Site) -> None:
    site.supervisor()
    wait_until(lambda: site.node() is not None, 20, "the first is registered")

    second = site.supervisor()

    assert second.process.wait(LEAVE_LIMIT) == 2
    assert "another supervisor named n1 uses the spool" in second.words()
    assert site.node().epoch == 1


def test_a_supervisor_that_has_drained_gives_its_name_away_at_once(site: Site) -> None:
    lease = {"AVIO_LEASE": "60", "AVIO_GRACE": "10"}
    first = site.supervisor(**lease)
    wait_until(lambda: site.node() is not None, 20, "the first is registered")
    assert first.terminate() == 0

    began = time.monotonic()
    elsewhere(site, **lease)

    wait_until(lambda: site.node().epoch == 2, 20, "the second is registered")
    assert time.monotonic() - began < 20


def test_the_jobs_of_a_frozen_supervisor_are_begun_by_its_replacement_once_they_are_surely_dead(site: Site) -> None:
    site.fill(20)
    job = site.order()
    times = {"AVIO_FENCE": "5", "AVIO_LEASE": "7", "AVIO_GRACE": "2"}
    old = site.supervisor(AVIO_FAULT="executor.before-verify:delay:60", **times)
    process, intake = old.job(), old.intake()
    site.wait_for(job, "running")

    for pid in (old.pid, intake):
        os.kill(pid, signal.SIGSTOP)
    frozen_at = time.monotonic()
    site.aggregator(**times)
    new = elsewhere(site, **times)
    wait_until(lambda: site.row(job)["attempt"] == 2, 40, "the next attempt has begun")
    took = time.monotonic() - frozen_at

    assert not is_alive(process)
    assert took > 8, "lease and grace of the old one were not over"
    row = site.wait_for_end(job)
    for pid in (old.pid, intake):
        os.kill(pid, signal.SIGCONT)
    assert (row["state"], row["losses"]) == ("succeeded", 1)
    assert old.process.wait(LEAVE_LIMIT) == 1
    assert "another supervisor is registered as node n1" in old.words()
    assert (new.process.poll(), site.node().epoch) == (None, 2)


def test_two_supervisors_of_a_name_that_are_begun_again_and_again_do_not_fail_the_jobs(site: Site) -> None:
    site.fill(20)
    stop = threading.Event()

    def again_and_again(start: object) -> None:
        while not stop.is_set():
            program: Supervisor = start()  # type: ignore[operator]
            while program.process.poll() is None and not stop.is_set():
                time.sleep(0.1)

    site.supervisor(AVIO_FAULT="executor.before-verify:delay:12")
    wait_until(lambda: site.node() is not None, 20, "the first is registered")
    job = site.order()
    thread = threading.Thread(target=again_and_again, args=(lambda: elsewhere(site),))
    thread.start()
    try:
        row = site.wait_for_end(job, limit=60)
    finally:
        stop.set()
        thread.join()

    assert (row["state"], row["attempt"], row["losses"], site.node().epoch) == ("succeeded", 1, 0, 1)


def test_a_job_whose_start_intake_died_with_is_shown_as_running(site: Site) -> None:
    site.fill(3)
    site.fill(5000, "many")
    supervisor = site.supervisor(AVIO_FAULT="intake.before-running:kill:2", AVIO_FENCE="10", AVIO_LEASE="11")
    site.wait_for_end(site.order())
    intake = supervisor.intake()

    job = site.order("/data/many")
    process = supervisor.job()
    wait_until(lambda: not is_alive(intake), 20, "intake has died")
    os.kill(process, signal.SIGSTOP)
    row = site.wait_for(job, "running", limit=9)
    os.kill(process, signal.SIGCONT)

    (attempt,) = site.attempts(job)
    assert (row["attempt"], attempt.pid, bool(attempt.isolation)) == (1, process, True)
    assert site.wait_for_end(job)["state"] == "succeeded"
