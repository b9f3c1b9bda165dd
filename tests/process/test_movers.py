"""Mover processes of a real job: where they live, and what becomes of the job when they die, hang or must stop."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from avio.db import orders
from avio.db.connection import borrow
from avio.engines.local.book import Book
from avio.engines.local.root import Root
from avio.wire.states import JobType
from tests.contract.db import given
from tests.process.avio_process import Supervisor
from tests.process.site import SIZE, Site
from tests.process.test_secrets import CANARIES, environ_of, found_in, site_with_canaries
from tests.processes import command, is_alive, wait_until

pytestmark = pytest.mark.faults

__all__ = ["site_with_canaries"]

SLOWLY = "download.publish:delay:0.05"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a job process")


def below(pid: int) -> list[int]:
    """Return the living processes that `pid` has forked."""
    try:
        return [
            each for each in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()) if is_alive(each)
        ]
    except OSError:
        return []


def spawner_of(job: int) -> int:
    """Return the process that forks the movers of the job process `job`."""
    wait_until(lambda: below(job), 10, "the job process has a spawner")
    return below(job)[0]


def movers_of(job: int) -> list[int]:
    """Return the movers, once there is one."""
    spawner = spawner_of(job)
    wait_until(lambda: [pid for pid in below(spawner) if "avio mover " in command(pid)], 10, "there is a mover")
    return below(spawner)


def family_of(job: int) -> list[int]:
    """Return the job process, its spawner and its movers."""
    return [job, *movers_of(job), spawner_of(job)]


def assert_gone(pids: list[int], limit: float = 3) -> None:
    wait_until(lambda: not [pid for pid in pids if is_alive(pid)], limit, f"{[command(pid) for pid in pids]} are gone")


def used(site: Site) -> tuple[int, int]:
    """Return the bytes that the book of the tier calls used and promised."""
    page = Book(Root(str(site.cache), make=False)).look()
    return page.used, page.promised


def assert_books(site: Site, files: int) -> None:
    """What was put in place while the tier was measured may count twice, until intake measures again."""
    wait_until(lambda: used(site) == (files * SIZE, 0), 60, f"the book has {files} files, no promise: {used(site)}")


@contextmanager
def held(pids: list[int]) -> Iterator[list[int]]:
    """Let the processes of a job stand still while a test looks at them: none ends meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield pids
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def begin(site: Site, files: int, fault: str = SLOWLY, **environ: str) -> tuple[str, Supervisor, int]:
    """Begin a job over so many files, and return it once the first ones are there."""
    site.fill(files)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT=fault, **environ)
    wait_until(lambda: len(site.cached()) > 20, 20, "the first files are there")
    return job, supervisor, supervisor.job()


# -- where they live


def test_movers_are_inside_the_walls_of_the_job_process(site: Site) -> None:
    job, _, process = begin(site, 300)
    with held(family_of(process)) as pids:
        for pid in pids:
            for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapBnd", "Uid"):
                assert status_of(pid)[name] == status_of(process)[name]
            assert os.getsid(pid) == process
            assert Path(f"/proc/{pid}/cgroup").read_text() == Path(f"/proc/{process}/cgroup").read_text()
            assert Path(f"/proc/{pid}/limits").read_text() == Path(f"/proc/{process}/limits").read_text()
            assert status_of(pid)["Threads"] == "1" or pid != spawner_of(process)
            assert job in command(pid)
    assert site.wait_for_end(job)["state"] == "succeeded"
    site.assert_all_cached(300)


def status_of(pid: int) -> dict[str, str]:
    lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: text.strip() for name, _, text in lines}


@as_root
def test_movers_have_no_urls_of_database_and_redis(site_with_canaries: Site) -> None:
    own = "redis://executor@127.0.0.1:1/0"
    _, _, process = begin(site_with_canaries, 300, SECRET_VARIABLE=CANARIES["variable"], AVIO_EXECUTOR_REDIS_URL=own)
    with held(family_of(process)) as pids:
        for pid in pids:
            assert b"CANARY" not in environ_of(pid)
            assert found_in(pid) == set()


def descriptors_of(pid: int) -> list[str]:
    """Return what the descriptors of a process lead to, without those that it closes meanwhile."""
    found = []
    for place in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(place))
    return found


def test_movers_have_no_descriptors_of_the_job_process(site: Site) -> None:
    _, _, process = begin(site, 300)
    with held(family_of(process)) as pids:
        sockets = [name for name in descriptors_of(process) if "socket:" in name]
        assert sockets
        output = os.readlink(f"/proc/{process}/fd/1")
        for pid in pids[1:]:
            theirs = descriptors_of(pid)
            assert not set(sockets) & set(theirs)
            assert sum("socket:" in name for name in theirs) == 1
            assert {name for name in theirs if "pipe:" in name} <= {output}


def test_a_large_job_has_as_many_movers_as_set_and_a_small_one_has_one(site: Site) -> None:
    site.fill(300, "small")
    site.fill(7000, "large")
    supervisor = site.supervisor(AVIO_MOVERS="3", AVIO_SLOTS="1", AVIO_FAULT="download.publish:delay:0.002")
    small = site.order("/data/small")
    most = len(movers_of(supervisor.job()))
    while not site.row(small)["finished_at"]:
        most = max([most, *(len(below(spawner)) for job in supervisor.jobs() for spawner in below(job))])
    assert (site.row(small)["state"], most) == ("succeeded", 1)

    large = site.order("/data/large")
    process = supervisor.job()
    wait_until(lambda: len(movers_of(process)) == 3, 30, "it has three movers")
    assert site.wait_for_end(large, limit=60)["state"] == "succeeded"
    assert site.row(large)["verified_files"] == 7000

    (attempt,) = site.attempts(large)
    shares = json.loads(attempt.movers)
    assert (len(shares), sum(share["files"] for share in shares)) == (3, 7000)
    assert sum(share["bytes"] for share in shares) == site.row(large)["bytes_wire"] == 7000 * SIZE
    assert all(share["files"] and share["cpu_ms"] for share in shares)


def test_a_check_has_its_copies_read_by_movers(site: Site) -> None:
    site.fill(300)
    site.supervisor(AVIO_MOVERS="2")
    assert site.wait_for_end(site.order())["state"] == "succeeded"
    params = '{"alluxioUri": "/data/set", "verify": "checksum"}'
    with borrow():
        check = str(orders.insert(orders.NewJob(1, "check", JobType.CHECK, params))[0].id)

    assert (site.wait_for_end(check)["state"], site.row(check)["files_done"]) == ("succeeded", 300)

    (attempt,) = site.attempts(check)
    (share,) = json.loads(attempt.movers)
    assert (share["files"], share["bytes"]) == (300, 0)


def test_what_movers_have_done_is_told_while_the_job_runs(site_with_redis: Site) -> None:
    site = site_with_redis
    site.fill(300)
    site.aggregator()
    site.supervisor(AVIO_FAULT=SLOWLY, AVIO_MOVERS="1")
    job = site.order()
    wait_until(lambda: any(one.movers for one in site.attempts(job)), 30, "the row of the attempt tells of movers")
    assert site.row(job)["finished_at"] is None
    site.cancel(job)


# -- what dies


def test_a_killed_mover_costs_its_files_another_try_and_the_job_nothing(site: Site) -> None:
    job, _, process = begin(site, 400)
    [mover] = movers_of(process)

    os.kill(mover, signal.SIGKILL)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 1, 0)
    assert (row["files_total"], row["files_done"], row["verified_files"]) == (400,) * 3
    assert row["bytes_done"] == 400 * SIZE
    site.assert_all_cached(400)
    assert_books(site, 400)


def test_movers_that_are_killed_again_and_again_are_a_crash_of_the_attempt(site: Site) -> None:
    site.fill(100)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="download.publish:kill")

    wait_until(lambda: site.row(job)["crashes"] == 1, 20, "the attempt has crashed")

    assert (site.row(job)["state"], site.attempts(job)[-1].outcome) == ("queued", "crashed")
    assert site.cached() == []
    assert supervisor.jobs() == []


def test_a_killed_spawner_is_a_crash_of_the_attempt_and_the_next_one_goes_on(site: Site) -> None:
    job, _, process = begin(site, 300)
    family = family_of(process)

    os.kill(spawner_of(process), signal.SIGKILL)
    assert_gone(family, 30)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 2, 1)
    assert row["files_skipped"] > 0
    site.assert_all_cached(300)
    assert_books(site, 300)


@pytest.mark.parametrize("whom", ["job", "keeper"])
def test_no_mover_outlives_its_job_process_or_keeper(site: Site, whom: str) -> None:
    job, supervisor, process = begin(site, 400)
    family = family_of(process)

    if whom == "job":
        os.kill(process, signal.SIGKILL)
    else:
        supervisor.kill()

    assert_gone(family, 2)
    if whom == "keeper":
        site.supervisor()
    row = site.wait_for_end(job, limit=40)
    assert (row["state"], row["attempt"], row["verified_files"]) == ("succeeded", 2, 400)
    site.assert_all_cached(400)
    assert_books(site, 400)


# -- what hangs, and what must stop


def test_a_mover_that_hangs_is_a_stall_of_the_attempt(site: Site) -> None:
    job, _, process = begin(site, 300, AVIO_STALL_AFTER="2")
    family = family_of(process)

    os.kill(movers_of(process)[0], signal.SIGSTOP)
    assert_gone(family, 30)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"]) == ("succeeded", 2)
    assert site.attempts(job)[-1].outcome == "stalled"
    site.assert_all_cached(300)


@pytest.mark.parametrize("hung", [False, True])
def test_a_cancel_ends_movers_at_once_even_if_one_hangs(site: Site, hung: bool) -> None:
    job, _, process = begin(site, 1000)
    family = family_of(process)
    if hung:
        os.kill(movers_of(process)[0], signal.SIGSTOP)

    site.cancel(job)
    row = site.wait_for_end(job, limit=5)

    assert (row["state"], row["message"]) == ("cancelled", "enough")
    assert_gone(family, 1)
    assert {file.stat().st_size for file in site.cached()} == {SIZE}
    assert site.temporaries() == []
    assert site.attempts(job)[0].exit_signal is None
    if not hung:  # what a killed mover had in place is counted when the tier is measured
        assert_books(site, len(site.cached()))


def test_movers_publish_nothing_after_the_lease_though_their_job_process_sleeps(site: Site) -> None:
    _, supervisor, process = begin(site, 2000)
    movers = movers_of(process)

    os.kill(supervisor.intake(), signal.SIGSTOP)  # nobody renews the lease
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: not [pid for pid in movers if is_alive(pid)], 6, "the movers have left")
    before = len(site.cached())
    time.sleep(0.5)

    assert before == len(site.cached()) < 2000


def test_a_drained_node_leaves_no_mover_and_another_attempt_goes_on(site: Site) -> None:
    job, supervisor, process = begin(site, 400)
    family = family_of(process)

    assert supervisor.terminate() == 0
    assert_gone(family, 1)
    assert site.temporaries() == []
    site.supervisor()
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"], row["verified_files"]) == ("succeeded", 2, 0, 400)
    site.assert_all_cached(400)


# -- other orders


def test_a_file_list_is_moved_by_movers_each_file_once(site: Site) -> None:
    site.fill(50)
    paths = [f"/data/set/{number:05}\n" for number in [*range(0, 50, 2), 0, 2, 2]]
    with borrow():
        listed = given.file_list(text="".join(paths).encode())
        params = json.dumps({"fromFileList": True, "fileListId": listed})
        job = str(orders.insert(orders.NewJob(1, "load", 1, params))[0].id)
    site.supervisor()
    row = site.wait_for_end(job)
    assert (row["state"], row["files_done"], row["verified_files"]) == ("succeeded", 25, 25)
    assert len(site.cached()) == 25
