"""What an attempt has listed outlives it: however the attempt ends, the next one on the node lists only the rest."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.process.avio_process import STOP_LIMIT, Supervisor
from tests.process.site import Site
from tests.processes import wait_until
from tests.servers.hostile_s3 import HostileS3, hostile_s3

FILES = 2000
PAGE = 50
PAGES = FILES // PAGE
LOST = 6  # pages, since a kill loses the last block of a journal

CONFIG = """
[mounts."/data"]
url = "s3://b"
options = {{ {options} }}

[[tiers]]
alias = "MEM"
path = "{home}/cache"
capacity = "1GiB"
"""


@pytest.fixture
def store(site: Site) -> Iterator[HostileS3]:
    """The bucket of the site, which counts the LISTs."""
    with hostile_s3() as state:
        state.page = PAGE
        state.objects = {b"set/%05d" % number: b"%05d" % number * 20 for number in range(FILES)}
        options = ", ".join(f'{name} = "{text}"' for name, text in state.options.items())
        (site.home / "avio.toml").write_text(CONFIG.format(home=site.home, options=options))
        yield state


def kept(site: Site, node: str = "n1") -> list[Path]:
    return list((site.home / "spool" / node / "kept").glob("*"))


def kill_job(site: Site, supervisor: Supervisor) -> Supervisor:
    os.kill(supervisor.job(), signal.SIGKILL)
    return supervisor


def kill_keeper(site: Site, supervisor: Supervisor) -> Supervisor:
    supervisor.kill_all()
    return site.supervisor()


def drain(site: Site, supervisor: Supervisor) -> Supervisor:
    os.kill(supervisor.pid, signal.SIGTERM)
    assert supervisor.process.wait(STOP_LIMIT) == 0
    assert len(kept(site)) == 1
    return site.supervisor()


@pytest.mark.faults
@pytest.mark.parametrize("end", [kill_job, kill_keeper, drain])
def test_the_next_attempt_lists_only_the_rest(
    site: Site, store: HostileS3, end: Callable[[Site, Supervisor], Supervisor]
) -> None:
    store.seconds = 0.1
    job = site.order()
    supervisor = site.supervisor()
    wait_until(lambda: store.lists > PAGES // 2, 30, "half is listed")

    before = store.lists
    end(site, supervisor)
    row = site.wait_for_end(job, limit=60)

    assert (row["state"], row["attempt"]) == ("succeeded", 2)
    assert (row["files_total"], row["files_done"], row["verified_files"]) == (FILES,) * 3
    assert store.lists - before <= PAGES - before + LOST
    for number in (0, FILES // 2, FILES - 1):
        assert (site.cache / f"data/set/{number:05}").read_bytes() == store.objects[b"set/%05d" % number]
    wait_until(lambda: not kept(site), 5, "nothing of it is left")


@pytest.mark.faults
def test_a_job_that_was_listed_is_not_listed_again(site: Site, store: HostileS3) -> None:
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:2")
    wait_until(lambda: len(site.cached()) == FILES, 40, "all files have arrived")

    before = store.lists
    kill_job(site, supervisor)
    row = site.wait_for_end(job, limit=60)

    assert (row["state"], row["attempt"], row["files_skipped"], row["verified_files"]) == ("succeeded", 2, FILES, FILES)
    assert store.lists == before


@pytest.mark.faults
def test_another_node_lists_again(site: Site, store: HostileS3) -> None:
    job = site.order()
    first = site.supervisor(AVIO_FAULT="executor.before-verify:delay:30")
    wait_until(lambda: len(site.cached()) == FILES, 40, "all files have arrived")
    os.kill(first.pid, signal.SIGTERM)
    assert first.process.wait(STOP_LIMIT) == 0

    before = store.lists
    site.supervisor("n2")
    row = site.wait_for_end(job, limit=60)

    assert (row["state"], row["attempt"], row["verified_files"]) == ("succeeded", 2, FILES)
    assert store.lists - before >= PAGES
    assert len(kept(site)) == 1, "n1 removes it once it is there again"
    site.supervisor()
    wait_until(lambda: not kept(site), 20, "the job has ended")


@pytest.mark.faults
def test_a_cancelled_job_leaves_nothing(site: Site, store: HostileS3) -> None:
    store.seconds = 0.1
    job = site.order()
    site.supervisor()
    wait_until(lambda: store.lists > PAGES // 2, 30, "half is listed")

    site.cancel(job)

    assert site.wait_for_end(job)["state"] == "cancelled"
    spool = site.home / "spool" / "n1"
    wait_until(lambda: not list(spool.glob("*.*")) and not kept(site), 5, "nothing of it is left")
