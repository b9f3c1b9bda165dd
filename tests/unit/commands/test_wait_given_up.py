"""Leaving a job, or ending it: Ctrl-C, cancel, retry."""

import signal
import subprocess
import sys

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import BREAK, Stub, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in")

EVENTS = f"/jobs/{JOB}/events"


def heed_sigint() -> None:
    """Undo what a shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("command", ["watch", "cancel --wait"])
def test_ctrl_c_leaves_the_job_running(stub: Stub, command: str) -> None:
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping"))
    stub.on("GET", EVENTS, sse(("snapshot", job_info()), BREAK))
    stub.on("GET", f"/jobs/{JOB}", job_info())
    line = [sys.executable, "-u", "-m", "avio.commands", *command.split(), JOB]

    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=heed_sigint
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
        finally:
            process.kill()

    assert process.returncode == 130
    assert f"the job continues; to cancel it: avio cancel {JOB}" in said
    assert "Traceback" not in said


def test_cancel_says_so_at_once_and_with_wait_succeeds_once_cancelled(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping"))
    stub.on("GET", EVENTS, sse(("end", job_info("cancelled"))))

    assert "is stopping" in avio(f"cancel {JOB}").stderr
    assert f"cancelled {JOB}" in avio(f"cancel {JOB} --wait").stderr


def test_cancel_of_a_job_that_failed_first_leaves_with_its_code(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping"))
    stub.on("GET", EVENTS, sse(("end", job_info("failed"))))

    avio(f"cancel {JOB} --wait", 1)


def test_cancel_of_an_ended_job_is_refused(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/jobs/{JOB}/cancel", problem(409, "CONFLICT", "the job has ended", cure="nothing to do"))

    assert "the job has ended (CONFLICT)" in avio(f"cancel {JOB}", 1).stderr


def test_a_cancel_is_not_sent_twice(avio: Avio, stub: Stub, pauses: list[float]) -> None:
    stub.on("POST", f"/jobs/{JOB}/cancel", problem(503, "UNAVAILABLE", "Redis does not answer", retry_after=1))

    avio(f"cancel {JOB}", 5)

    assert len(stub.requests) == 1
    assert pauses == []


def test_retry_hands_over_the_new_job(avio: Avio, stub: Stub) -> None:
    new = job_info("queued", id=JOB[:-1] + "X", retryOf=JOB)
    stub.on("POST", f"/jobs/{JOB}/retry", new)

    assert avio(f"retry {JOB}").stdout == new["id"] + "\n"
    assert stub.requests[0].headers["idempotency-key"]


@pytest.mark.parametrize("command", ["preload", "save", "retry"])
def test_the_order_itself_is_tried_again_for_no_longer_than_the_wait(
    avio: Avio, stub: Stub, pauses: list[float], command: str
) -> None:
    path, target = (f"/jobs/{JOB}/retry", JOB) if command == "retry" else (f"/{command}", "/data")
    stub.on("POST", path, problem(503, "ENGINE_AWAY", "no store"))

    avio(f"{command} {target} --wait=1", 5)

    assert len(pauses) > 0
    assert max(pauses) < 1
