"""A real forked job process: how it is set apart, and how it ends when its keeper, its lease or its work does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.shared import exit_codes
from tests.processes import command, is_alive, wait_until

ROOT = Path(__file__).resolve().parents[4]
LIMIT = 10.0


class StandIn:
    """A keeper with one job process."""

    def __init__(self, directory: Path, manner: str, lease: float) -> None:
        self.directory = directory
        environ = {**os.environ, "SECRET": "s3cr3t", "AVIO_DATABASE_URL": "postgresql://u:password@h/d", "TZ": "UTC"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.supervisor.programs.standing_in", directory, manner, str(lease)],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.job = int(self.process.stdout.readline())

    def facts(self) -> dict[str, Any]:
        """What the job process says of itself."""
        file = self.directory / "facts.json"
        wait_until(file.exists, LIMIT, "the job process is at work")
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    def renew(self, seconds: float) -> None:
        """Give the job process another `seconds`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()

    def tell(self, line: str) -> None:
        """Write `line`, a JSON object, into the control pipe."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def exit_code(self) -> int:
        """Wait for the end of the job process; negative for a signal."""
        output, _ = self.process.communicate(timeout=LIMIT)
        return int(output)

    def log(self) -> str:
        """What the job process wrote; complete once it has ended."""
        return (self.directory / "log").read_text()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., StandIn]]:
    """Return what starts a keeper with a job process."""
    started: list[StandIn] = []

    def begin(manner: str, lease: float = 60) -> StandIn:
        directory = tmp_path / "JOB.1"
        directory.mkdir()
        started.append(StandIn(directory, manner, lease))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()
    wait_until(lambda: not any(is_alive(one.job) for one in started), LIMIT, "job processes die with their keepers")


def test_a_job_process_is_set_apart(start: Callable[..., StandIn]) -> None:
    keeper = start("end")
    facts = keeper.facts()
    assert keeper.exit_code() == exit_codes.ENDED

    assert facts["session"] == facts["pid"] == keeper.job
    assert facts["parent"] == keeper.process.pid
    # Nothing of keeper's is open: input is empty, output and error are its log, 3 gives order and deadlines.
    assert facts["descriptors"].pop("0") == "/dev/null"
    assert facts["descriptors"].pop("1").startswith("pipe:")
    assert facts["descriptors"].pop("2").startswith("pipe:")
    assert facts["descriptors"].pop("3").startswith("pipe:")
    assert facts["descriptors"].pop("4").startswith("socket:")  # to the process that forks its movers
    assert facts["descriptors"] == {}
    environ = facts["environ"]
    assert environ.pop("AVIO_ATTEMPT") == "JOB.1"
    assert environ.pop("HOME") == environ.pop("TMPDIR") == facts["directory"] == str(keeper.directory)
    assert set(environ) <= {"PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    assert facts["core"] == [0, 0]
    assert facts["files"][0] <= 4096
    assert (facts["oom"], facts["dumpable"], facts["no_new_privileges"]) == (500, 0, 1)
    assert facts["nice"] >= 5
    assert facts["masked"] == 0
    assert facts["interrupts"]
    assert "in the pipe alone" in facts["order"]
    assert "words on standard output" in keeper.log()


def test_a_job_process_is_found_by_its_title(start: Callable[..., StandIn]) -> None:
    keeper = start("wait")
    keeper.facts()

    assert command(keeper.job).rstrip() == "avio job JOB preload /wait"
    assert "standing_in" in command(keeper.process.pid)


def test_a_job_process_dies_with_its_keeper(start: Callable[..., StandIn]) -> None:
    keeper = start("wait")
    keeper.facts()

    os.kill(keeper.process.pid, signal.SIGKILL)

    wait_until(lambda: not is_alive(keeper.job), 1, "the job process dies at once")


def test_a_job_process_that_is_asked_to_leave_leaves(start: Callable[..., StandIn]) -> None:
    keeper = start("obey")
    keeper.facts()

    os.kill(keeper.job, signal.SIGTERM)

    assert keeper.exit_code() == exit_codes.STOPPED


def test_a_job_process_ends_itself_when_its_lease_is_over_whatever_it_is_at(start: Callable[..., StandIn]) -> None:
    keeper = start("wait", lease=0.5)

    assert keeper.exit_code() == exit_codes.FENCED


def test_a_renewed_lease_holds_until_its_new_end(start: Callable[..., StandIn]) -> None:
    keeper = start("wait", lease=1)
    keeper.facts()
    first_end = time.monotonic() + 1.5

    keeper.renew(30)
    wait_until(lambda: time.monotonic() > first_end, LIMIT, "the first lease is over")
    assert is_alive(keeper.job)

    keeper.renew(0.1)
    assert keeper.exit_code() == exit_codes.FENCED


def test_a_message_that_a_job_process_does_not_know_changes_nothing(start: Callable[..., StandIn]) -> None:
    keeper = start("wait")
    keeper.facts()

    keeper.tell('{"kind": "Poem", "text": "roses"}')
    keeper.tell('{"kind": "Deadline", "at": "soon"}')
    keeper.renew(0.1)

    assert keeper.exit_code() == exit_codes.FENCED
    assert keeper.log().count("ignored a control message") == 2


def test_other_limits_are_in_force_at_once_and_in_the_log(start: Callable[..., StandIn]) -> None:
    keeper = start("limited")
    assert json.loads(keeper.facts()["order"])["limits"] == {"bandwidth": 70_000, "concurrency": None}

    keeper.tell('{"kind": "Limits", "bandwidth": 2000000, "concurrency": 16}')
    keeper.tell('{"kind": "Limits", "bandwidth": 2000000, "concurrency": 16}')

    assert keeper.exit_code() == exit_codes.ENDED
    assert keeper.log().count("limits: bandwidth 2,000,000 bytes per second, concurrency 16") == 1


def test_a_job_process_whose_work_raises_says_so_and_ends_as_faulty(start: Callable[..., StandIn]) -> None:
    keeper = start("raise")

    assert keeper.exit_code() == exit_codes.FAULTY
    assert "RuntimeError: on purpose" in keeper.log()


def test_a_job_process_without_its_control_pipe_leaves(start: Callable[..., StandIn]) -> None:
    keeper = start("orphan")
    assert keeper.process.stdin is not None
    keeper.process.stdin.close()
    keeper.process.stdin = None

    assert keeper.exit_code() == exit_codes.ORPHANED
