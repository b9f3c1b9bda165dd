"""Control groups that give a process a share of one core: for measuring on few cores what more movers bring."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.data.plan import Skipped

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000


@contextmanager
def shares(count: int, share: float) -> Iterator[list[Path]]:
    """Yield `count` groups, each with `share` of a core. Raise Skipped without the rights to make groups."""
    old = ROOT / "cpu"  # version 1
    groups = [(old if old.is_dir() else ROOT) / f"avio-bench-{os.getpid()}-{no}" for no in range(count)]
    quota = int(share * PERIOD_US)
    try:
        for group in groups:
            group.mkdir()
            if old.is_dir():
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
    except OSError as error:
        _remove(groups)
        raise Skipped(
            f"no rights to make control groups with a share of a core: {error.strerror}; run as root"
        ) from None
    try:
        yield groups
    finally:
        _remove(groups)


def put(pid: int, group: Path) -> None:
    """Put a process into a group."""
    (group / "cgroup.procs").write_text(str(pid))


def _remove(groups: list[Path]) -> None:
    for group in groups:
        with suppress(OSError):  # it was not made
            group.rmdir()
