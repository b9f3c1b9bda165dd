"""What is kept of listings: those of jobs that go on, not for long, and never at the price of a job."""

import os
import socket
import time
from pathlib import Path

import pytest

from avio.config import Settings
from avio.db import claims
from avio.wire.results import LISTING_AGE_SECONDS
from supervisor.intake import kept_sweep
from supervisor.intake.intake import Intake
from supervisor.intake.kept_sweep import KeptSweep
from supervisor.shared.spool import Spool, make_spool
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return make_spool(tmp_path / "spool" / "n1")


def keep(spool: Spool, job: str, age: float = 0.0, size: int = 10) -> str:
    """Keep a listing of a job, written `age` seconds ago; return the job."""
    listing = spool.make(job, 1) / "listing"
    listing.write_bytes(b"x" * size)
    os.utime(listing, (time.time() - age,) * 2)
    spool.remove(job, 1, goes_on=True)
    return job


def kept(spool: Spool) -> set[str]:
    return {each.job for each in spool.kept.found()}


def test_the_jobs_that_have_not_ended_are_told_apart() -> None:
    queued, running, over = given.job(), given.running(), given.in_state("succeeded")

    assert claims.unfinished([queued, over, "none", running]) == {queued, running}
    assert claims.unfinished([]) == set()
    assert claims.unfinished([*map(str, range(1200)), queued]) == {queued}


def test_a_listing_stays_while_its_job_goes_on_and_is_not_old(spool: Spool) -> None:
    stays = {keep(spool, given.job()), keep(spool, given.job(), age=LISTING_AGE_SECONDS - 60)}
    keep(spool, given.in_state("succeeded"))
    keep(spool, given.in_state("cancelled"))
    keep(spool, "NONE")
    keep(spool, given.job(), age=LISTING_AGE_SECONDS + 60)

    KeptSweep(spool.kept).look()

    assert kept(spool) == stays


def test_the_newest_listings_stay_within_the_bytes_of_all(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sweep, "MAX_BYTES", 250)
    new, _, middle = (keep(spool, given.job(), age=age, size=100) for age in (1, 30, 20))

    KeptSweep(spool.kept).look()

    assert kept(spool) == {new, middle}


def test_it_looks_once_a_minute(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(kept_sweep, "boottime", lambda: now)
    sweep = KeptSweep(spool.kept)
    sweep.look()
    keep(spool, "NONE")

    now += 30
    sweep.look()
    assert kept(spool) == {"NONE"}
    now += 31
    sweep.look()
    assert kept(spool) == set()


def test_a_spool_that_is_nearly_full_gives_up_its_listings_before_a_job(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(spool, given.job())
    keeper, ours = socket.socketpair()
    with keeper, ours:
        intake = Intake(Settings(node="n1", spool=tmp_path / "spool"), ours)
        monkeypatch.setattr(Spool, "free", lambda _: 0 if kept(spool) else 1 << 40)

        intake._check_disk()

    assert kept(spool) == set()
    assert intake._slots.free()
