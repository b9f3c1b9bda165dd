"""What a queued job waits for, in `avio jobs` and `avio job show`."""

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import Reply, Stub

pytestmark = pytest.mark.usefixtures("logged_in")

BUSY = {"reason": "SLOTS_BUSY", "for": "ada 3, bob 1", "since": "2026-05-02T11:40:00.000+08:00", "position": 3}


def test_the_list_has_place_and_reason(avio: Avio, stub: Stub) -> None:
    later = job_info("queued", waiting={**BUSY, "reason": "START_TIME", "position": None})
    stub.on("GET", "/jobs", {"jobs": [job_info("queued", waiting=BUSY), later], "nextPageToken": None})

    assert [line.split("\t")[-2] for line in avio("jobs").stdout.splitlines()] == ["3: slots busy", "start time"]


def test_a_shown_job_says_what_for_and_since_when(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}", Reply(job_info("queued", waiting=BUSY, priority=5, labels={"team": "vision"})))

    lines = dict(line.split(": ", 1) for line in avio(f"job show {JOB}").stdout.splitlines())

    assert lines["Waits"].strip().startswith("3: slots busy (ada 3, bob 1), since 2026-05-02 ")
    assert (lines["Priority"].strip(), lines["Labels"].strip()) == ("5", "team=vision")


def test_the_time_that_a_job_waits_for_is_that_of_the_user(avio: Avio, stub: Stub) -> None:
    waiting = {"reason": "START_TIME", "for": "2026-05-02T11:40:00.000+08:00", "since": BUSY["since"], "position": None}
    stub.on("GET", f"/jobs/{JOB}", Reply(job_info("queued", waiting=waiting)))

    shown = avio(f"job show {JOB}").stdout

    assert "start time (2026-05-02 " in shown


def test_an_older_server_says_nothing_of_it(avio: Avio, stub: Stub) -> None:
    old = {name: value for name, value in job_info("queued").items() if name not in ("waiting", "priority", "labels")}
    stub.on("GET", f"/jobs/{JOB}", Reply(old))
    stub.on("GET", "/jobs", {"jobs": [old], "nextPageToken": None})

    assert "Waits" not in avio(f"job show {JOB}").stdout
    assert avio("jobs").stdout.rstrip("\n").endswith("\t-")
