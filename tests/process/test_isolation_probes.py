"""What a machine offers to isolate jobs with: looking at it changes nothing, and what it lacks is named."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from avio.isolation import landlock
from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Group, Groups, clear
from avio.isolation.plan import Plan
from avio.isolation.probes import probe
from tests.processes import slowness, wait_until


def test_no_probe_leaves_a_group_or_changes_the_prober() -> None:
    before = (
        Path("/proc/self/cgroup").read_text(),
        os.getuid(),
        Path("/proc/self/status").read_text().count("NoNewPrivs:\t1"),
    )

    found = list(probe(Plan()))

    assert {one.rung.name for one in found if one.asked} >= {"session", "parent-death", "landlock", "seccomp"}
    after = (
        Path("/proc/self/cgroup").read_text(),
        os.getuid(),
        Path("/proc/self/status").read_text().count("NoNewPrivs:\t1"),
    )
    assert before == after
    assert not list(Path("/sys/fs/cgroup").glob(f"**/avio-job-probe.{os.getpid()}"))


def test_a_kernel_without_landlock_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(landlock, "syscall", refuse)

    with pytest.raises(Unavailable, match="no Landlock"):
        landlock.confine((), (), None)


def test_clearing_what_never_was_is_no_fault() -> None:
    assert clear(["JOB.1"]) == []


def test_groups_that_do_not_empty_are_waited_for_together_and_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    # A process that hangs in a call to a disk does not end by a signal either.
    monkeypatch.setattr(Group, "kill", lambda _: None)
    groups = Groups(Plan().limits)
    try:
        groups.make("PROBE").remove()
    except Unavailable as error:
        pytest.skip(str(error))
    sleepers = [subprocess.Popen(["sleep", "60"]) for _ in range(8)]
    try:
        for sleeper in sleepers:
            for directory in groups.make(f"HANGS.{sleeper.pid}").directories:
                (directory / "cgroup.procs").write_text(str(sleeper.pid))
        began = time.monotonic()

        left = clear([f"HANGS.{sleeper.pid}" for sleeper in sleepers], limit=1)

        assert time.monotonic() - began < 7 * slowness()
        assert len(left) == 8
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
    wait_until(lambda: not [group for group in left if not group.remove()], 5, "the groups are removed")
