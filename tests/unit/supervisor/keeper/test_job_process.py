"""A forked job process on keeper's side: what it is sent, and what is left when the machine allows none."""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.isolation.ladder import Ground
from avio.isolation.plan import BASIC, Plan
from avio.wire.limits import Limits
from supervisor.child import entrypoint
from supervisor.keeper import job_process
from supervisor.keeper.job_process import JobProcess, fork
from supervisor.shared.control import Begin, Deadline, EarlierJobs, read_messages
from supervisor.shared.messages import Adjust, StillBefore
from tests.processes import wait_until

LIMIT = 10.0


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def take_order(_ground: Ground, directory: Path, control: int, *_: Any) -> None:
    """In place of a job process: write down the messages of the control pipe until its end."""
    os.closerange(control + 1, 1000)
    with open(control, "rb") as pipe:
        for number, message in enumerate(read_messages(pipe)):
            (directory / f"{number}.part").write_text(repr(message))
            (directory / f"{number}.part").rename(directory / str(number))
    os._exit(0)


@pytest.fixture
def ground() -> Ground:
    return Ground(Plan(BASIC), os.getpid())


@pytest.fixture
def forked(tmp_path: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[JobProcess]]:
    """The processes that a test forks; they are ended with it."""
    monkeypatch.setattr(entrypoint, "main", take_order)
    made: list[JobProcess] = []
    yield made
    for process in made:
        os.kill(process.pid, 9)
        os.waitpid(process.pid, 0)
        process.close()


def test_an_order_of_any_size_arrives_whole_before_the_next_deadline(
    tmp_path: Path, ground: Ground, forked: list[JobProcess]
) -> None:
    process = fork("J", 1, tmp_path, "x" * (3 << 20), 5.0, ground)
    forked.append(process)
    process.send(Deadline(7.0))

    wait_until(process.send_rest, LIMIT, "all is sent")
    process.send(Deadline(9.0))

    wait_until((tmp_path / "2").exists, LIMIT, "all is read")
    assert (tmp_path / "0").read_text() == repr(Begin("x" * (3 << 20), 5.0))
    assert [(tmp_path / name).read_text() for name in "12"] == [repr(Deadline(7.0)), repr(Deadline(9.0))]


def test_no_pipe_is_enlarged_since_a_user_may_have_few_large_ones(
    tmp_path: Path, ground: Ground, forked: list[JobProcess]
) -> None:
    usual, _ = plain = os.pipe()
    process = fork("J", 1, tmp_path, "x" * (1 << 20), 5.0, ground)
    forked.append(process)

    sizes = {fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) for fd in (process.control, process.log.pipe, process.report)}

    assert sizes == {fcntl.fcntl(usual, fcntl.F_GETPIPE_SZ)}
    for fd in plain:
        os.close(fd)


def test_a_process_that_dies_before_it_has_its_order_is_no_fault(
    tmp_path: Path, ground: Ground, forked: list[JobProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrypoint, "main", lambda *_: os._exit(7))
    process = fork("J", 1, tmp_path, "x" * (1 << 20), 5.0, ground)
    forked.append(process)

    wait_until(process.send_rest, LIMIT, "the rest is dropped")
    process.send(Deadline(7.0))

    assert process.unsent == b""


@pytest.mark.parametrize("refused", ["fork", "pipe", "log"])
def test_a_machine_that_allows_no_process_leaves_nothing_open(
    tmp_path: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    pipes = 0

    def refuse(*_: object) -> Any:
        nonlocal pipes
        pipes += 1
        if refused == "pipe" and pipes < 3:
            return real()
        raise OSError(errno.EAGAIN, "refused")

    real = os.pipe
    if refused == "log":
        monkeypatch.setattr(job_process, "JobLog", refuse)
    else:
        monkeypatch.setattr(os, refused, refuse)
    before = descriptors()

    with pytest.raises(OSError, match="refused"):
        fork("J", 1, tmp_path, "x", 5.0, ground)

    assert descriptors() == before


def test_limits_and_earlier_jobs_are_told_at_once_and_again_with_each_deadline(
    tmp_path: Path, ground: Ground, forked: list[JobProcess]
) -> None:
    process = fork("J", 1, tmp_path, "{}", 5.0, ground)
    forked.append(process)

    process.renew(6.0)
    process.obey(Adjust("J", 1, 1000, None), 0.0, 1.0)
    process.obey(StillBefore("J", 1, ["01FIRST"]), 0.0, 1.0)
    process.renew(7.0)

    wait_until((tmp_path / "6").exists, LIMIT, "all arrive")
    told = [(tmp_path / str(number)).read_text() for number in range(1, 7)]
    first = EarlierJobs(["01FIRST"])
    assert told == list(map(repr, [Deadline(6.0), Limits(1000), first, Deadline(7.0), Limits(1000), first]))
