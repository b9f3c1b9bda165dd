"""Gates in shell scripts, as init containers and Slurm prologs have them, before real jobs on a real store."""

import pytest

from avio.client.path_wait import _PathWait
from tests.e2e.file_trees import small_files, upload
from tests.e2e.gate_script import begin_gate, gate_outcome
from tests.e2e.running_server import Stage

TREE = small_files(20, "gated/a") | small_files(20, "gated/b") | {"gated/empty": b""}


@pytest.fixture(scope="module")
def stage(calm_stage: Stage) -> Stage:
    upload(calm_stage.bucket, TREE)
    return calm_stage


def test_a_script_waits_until_the_data_is_there_and_says_when_it_is_not(stage: Stage) -> None:
    # Given data of which half is in the cache
    early = stage.user.avio("preload", "/data/gated/a", "--wait")
    assert early.returncode == 0, early.stderr

    # When scripts wait for it, some of them for too much
    half = begin_gate(stage.user, "/data/gated", "cached>=20%", "1m")
    late = begin_gate(stage.user, "/data/gated", "cached", "2s")
    missing = begin_gate(stage.user, "/data/nowhere", "cached", "1m")

    # Then each leaves as its case is
    assert gate_outcome(half) == (0, "train")
    assert gate_outcome(late) == (9, "not in time")
    assert gate_outcome(missing) == (6, "no such data")

    # And one that waits for all of it goes on when the rest has come
    whole = begin_gate(stage.user, "/data/gated", "cached,saved", "1m")
    job = stage.user.order("preload", "/data/gated")
    assert stage.user.avio("wait", job, "--timeout", "1m").returncode == 0
    assert gate_outcome(whole) == (0, "train")


def test_a_large_tree_is_counted_by_one_stat_job_for_all_waiters(stage: Stage) -> None:
    with stage.user.client() as client:
        told = []
        for _ in range(2):
            wait = _PathWait(client, "/data/gated", "cached", 60.0, may_be_missing=False)
            wait._by_jobs = True
            told.append(wait.ask())
        jobs = client.jobs(name="avio wait")["jobs"]

    assert [info["met"] for info in told] == [True, True]
    entry = told[0]["entry"]
    assert entry is not None
    assert (entry["files"], entry["filesCached"]) == (len(TREE), len(TREE))
    assert len(jobs) <= 2  # the same one, unless a window ended between them
