"""What a machine offers to isolate jobs with: looking at it changes nothing, and what it lacks is named."""

import os
from pathlib import Path

import pytest

from avio.isolation import landlock
from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import clear
from avio.isolation.plan import Plan
from avio.isolation.probes import probe


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
    clear(["JOB.1"])
