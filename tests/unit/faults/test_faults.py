"""What AVIO_FAULT makes of a process that passes a fault point, and what is refused at the start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from avio.config import load
from avio.errors import SettingsError
from avio.faults import ACTIONS

ROOT = Path(__file__).resolve().parents[3]
POINT = "executor.listed"

PASS = f"""
import time
from avio.faults import InjectedFault, fault
for number in (1, 2, 3):
    began = time.monotonic()
    try:
        fault({POINT!r})
        fault("web.after-push")
        print(number, "waited" if time.monotonic() - began > 0.2 else "passed", flush=True)
    except InjectedFault:
        print(number, "raised", flush=True)
"""


def passing(setting: str) -> subprocess.Popen[str]:
    """Begin a process that passes the point three times, and another one too."""
    return subprocess.Popen(
        [sys.executable, "-c", PASS], cwd=ROOT, env={**os.environ, "AVIO_FAULT": setting}, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "said", "code"),
    [
        ("", "1 passed 2 passed 3 passed", 0),
        ("download.publish:kill", "1 passed 2 passed 3 passed", 0),
        (f"{POINT}:kill", "", -signal.SIGKILL),
        (f"{POINT}:kill:3", "1 passed 2 passed", -signal.SIGKILL),
        (f"{POINT}:raise", "1 raised 2 raised 3 raised", 0),
        (f"{POINT}:raise:2", "1 passed 2 raised 3 passed", 0),
        (f"{POINT}:delay:0.3", "1 waited 2 waited 3 waited", 0),
    ],
)
def test_a_fault_comes_at_its_point_each_time_or_at_the_nth(setting: str, said: str, code: int) -> None:
    with passing(setting) as process:
        output, _ = process.communicate(timeout=20)

    assert (" ".join(output.split()), process.returncode) == (said, code)


def test_a_process_that_stops_at_its_point_can_go_on() -> None:
    with passing(f"{POINT}:stop:2") as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=20)

    assert output.split()[::2] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("nowhere:kill", "unknown fault point 'nowhere'"),
        (POINT, "'' is not an action"),
        (f"{POINT}:explode", "'explode' is not an action; write executor.listed: and one of " + ", ".join(ACTIONS)),
        (f"{POINT}:kill:often", "'often' is not a number"),
    ],
)
def test_what_is_no_fault_is_refused_at_the_start(setting: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"AVIO_CONFIG": os.devnull, "AVIO_FAULT": setting})

    [problem] = refused.value.problems
    assert problem.startswith(f"AVIO_FAULT: {words}")
