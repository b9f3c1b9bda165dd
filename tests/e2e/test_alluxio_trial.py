"""`make alluxio`: a cluster to try avio on, the settings that it hands out, and its end without a trace."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.keeper import process_tree
from tests.conftest import missing
from tests.e2e.procfile_cluster import ROOT
from tests.processes import is_alive, kept, wait_until
from tests.servers.alluxio import NoAlluxio
from tests.servers.alluxio.parts import jars

pytestmark = [pytest.mark.alluxio, pytest.mark.timeout(300, func_only=True)]


def test_a_trial_cluster_says_how_to_use_it_and_leaves_nothing(tmp_path: Path) -> None:
    try:
        jars()
    except NoAlluxio as error:
        missing(str(error))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.alluxio"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as trial:
        kept.add(trial.pid)
        try:
            # When it is ready, it has told of each part
            assert trial.stdout is not None
            said = ""
            while "Ctrl-C ends it" not in said:
                line = trial.stdout.readline()
                assert line, said
                said += line
            for part in ("S3", "master 1", "job-master 1", "proxy 1", "worker 1", "job-worker 1"):
                assert f"  {part} is at work" in said

            # Then the settings that it wrote are good for a server
            config = re.search(r"AVIO_CONFIG=(\S+) \S+avio-server up", said)
            assert config is not None
            tiers = subprocess.run(
                [sys.executable, "cli.py", "tiers"],
                cwd=ROOT,
                env={**os.environ, "AVIO_CONFIG": config[1]},
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert "MEM" in tiers.stdout

            # And Ctrl-C ends all of it
            pids = [trial.pid, *process_tree.descendants(trial.pid)]
            assert len(pids) >= 7
            os.killpg(trial.pid, signal.SIGINT)
            assert trial.wait(60) == 0
            wait_until(lambda: not any(map(is_alive, pids)), 15, "the end of all processes")
            assert list(tmp_path.iterdir()) == []
        finally:
            trial.kill()
