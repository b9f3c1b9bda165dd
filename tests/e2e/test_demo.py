"""`avio-server demo` as a person runs it: it shows all steps, and leaves neither process nor file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import children, slowness

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "cli.py", "demo"]


def test_the_demo_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    before = children()

    run = subprocess.run(
        DEMO,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100 * slowness(),
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "$ avio save /data/json --wait" in run.stdout
    assert "all steps passed" in run.stdout
    assert list(tmp_path.iterdir()) == []
    assert children() == before


@pytest.mark.faults
def test_ctrl_c_in_the_middle_leaves_nothing_either(tmp_path: Path) -> None:
    # Given a demo whose preload has begun
    with subprocess.Popen(
        DEMO,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # so that the signal reaches what a terminal would send it to, and not us
    ) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("$ avio preload") for line in demo.stdout)

        # When Ctrl-C is typed
        os.killpg(demo.pid, signal.SIGINT)
        demo.stdout.read()

    # Then it fails, and has cleaned up; the guard in conftest looks for processes
    assert demo.returncode not in (0, None)
    assert list(tmp_path.iterdir()) == []
