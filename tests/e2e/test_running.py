"""Jobs on two nodes with a slot each: how many run at once, as which processes, and how a running one is cancelled."""

import os
import time
from contextlib import suppress

import pytest

from tests.e2e.conftest import Make, Stage
from tests.e2e.trees import small_files, upload
from tests.processes import is_alive, wait_until
from tests.servers.seaweed import S3Server

TREES = {folder: small_files(200, folder) for folder in ("a", "b", "c")}
LARGE = {f"large/{n}": bytes([n]) * (8 << 20) for n in range(3)} | small_files(900, "large")


@pytest.fixture(scope="module")
def stage(make_stage: Make, seaweed_server: S3Server) -> Stage:
    made = make_stage(seaweed_server, fault="download.temporary:delay:0.1")
    for tree in [*TREES.values(), LARGE]:
        upload(made.bucket, tree)
    return made


def test_of_three_jobs_two_run_at_a_time_each_in_a_process_and_session_of_its_own(stage: Stage) -> None:
    # Given three preloads at once, on two nodes with one slot each
    jobs = [stage.user.order("preload", f"/data/{folder}") for folder in TREES]
    client = stage.user.client()
    statuses: list[list[str]] = []
    nodes: set[str | None] = set()
    most, sessions = 0, {}

    # When they are looked at until all have ended
    deadline = time.monotonic() + 60
    while (not statuses or statuses[-1] != ["succeeded"] * 3) and time.monotonic() < deadline:
        processes = stage.cluster.job_processes()
        most = max(most, len(processes))
        for pid in processes:
            with suppress(ProcessLookupError):
                sessions[pid] = os.getsid(pid)
        infos = [client.job(job) for job in jobs]
        nodes |= {info["node"] for info in infos if info["status"] == "running"}
        statuses.append(sorted(info["status"] for info in infos))

    # Then never more than two ran, the third waited for its turn, and nothing is left of any
    assert statuses[-1] == ["succeeded"] * 3
    assert ["queued", "running", "running"] in statuses
    assert most == 2
    assert len(sessions) == 3
    assert all(pid == session for pid, session in sessions.items())
    assert nodes == {"n1", "n2"}
    assert [pid for pid in sessions if is_alive(pid)] == []
    assert all(stage.cache.holds(tree) for tree in TREES.values())


def test_cancel_ends_a_running_preload_in_seconds_and_leaves_no_file_half_there(stage: Stage) -> None:
    # Given a preload that somebody watches, with some of its files in the cache
    job = stage.user.order("preload", "/data/large")
    watch = stage.user.begin("watch", job)
    wait_until(lambda: len(stage.cache.names("large")) > 50, 20, "some files in the cache")
    [process] = stage.cluster.job_processes()

    # When it is cancelled
    began = time.monotonic()
    cancel = stage.user.avio("cancel", job, "--wait")
    took = time.monotonic() - began

    # Then that takes seconds, and whoever watches is told
    _, said = watch.communicate(timeout=10)
    assert cancel.returncode == 0, cancel.stderr
    assert watch.returncode == 8
    assert said.splitlines()[-3].startswith("cancelled:")
    assert took < 5
    assert stage.user.json("job", "show", job)["status"] == "cancelled"

    # And some files arrived, each of them whole, and nothing else is left
    assert not is_alive(process)
    arrived = stage.cache.names("large")
    assert 50 < len(arrived) < len(LARGE)
    assert stage.cache.differing(LARGE) == set()
    assert stage.cache.temporaries() == []
