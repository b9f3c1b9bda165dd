"""The clock that `make chaos` steps: the processes of one part see the step, and one without that clock is found."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos import clocks
from chaos.clocks import HOUR, Clocks

TELL = """
import sys, time, datetime
for _ in sys.stdin:
    utc = datetime.datetime.now(datetime.UTC).timestamp()
    print(time.time(), utc, time.clock_gettime(time.CLOCK_BOOTTIME), flush=True)
"""


@pytest.fixture
def made(tmp_path: Path) -> Clocks:
    found = Clocks(tmp_path / "clocks", ("a", "b"))
    if not found.parts:
        pytest.skip("there is no C compiler here")
    return found


@pytest.fixture
def told(made: Clocks) -> Iterator["subprocess.Popen[str]"]:
    """A process of part `a` that tells its clocks for each line that it is sent."""
    line = made.line(f"exec {sys.executable} -c '{TELL}'")
    environ = {**os.environ, "AVIO_NODE": "a"}
    with subprocess.Popen(line, shell=True, stdin=-1, stdout=-1, text=True, env=environ) as process:
        yield process
        process.kill()


def ask(process: "subprocess.Popen[str]") -> list[float]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return [float(word) for word in process.stdout.readline().split()]


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_process_of_a_part_sees_its_step_and_no_other(
    made: Clocks, told: "subprocess.Popen[str]", seconds: int
) -> None:
    made.step("b", 24 * HOUR, [])
    assert ask(told)[0] == pytest.approx(time.time(), abs=5)

    assert made.step("a", seconds, [told.pid])

    wall, utc, boot = ask(told)
    assert wall == pytest.approx(time.time() + seconds, abs=5)
    assert utc == pytest.approx(datetime.now(UTC).timestamp() + seconds, abs=5)
    assert boot == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=5)
    assert made.found == (2, [])


def test_a_process_with_another_clock_is_found(made: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "LOAD_SECONDS", 0.1)
    made.step("a", 5, [os.getpid()])
    assert made.found == (1, [f"process {os.getpid()} of a has another clock"])


def test_without_a_compiler_there_are_no_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    none = Clocks(tmp_path / "clocks", ("a",))
    assert (none.parts, none.line("exec x")) == ((), "exec x")
