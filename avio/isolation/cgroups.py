"""Control groups, one for each attempt: they limit all of its processes together, and kill all of them at once.

Made and removed by keeper, joined by the job process. Uses version 2 if it is writable, and the controllers
of version 1 if they are mounted.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from avio.isolation.calls import Unavailable
from avio.isolation.mounts import own_groups
from avio.isolation.plan import Limits

SUPERVISOR = "avio-supervisor"
PREFIX = "avio-job-"


@dataclass(slots=True)
class Group:
    """The control groups of one attempt. `missing` maps a rung to the reason why its limit is not in force."""

    directories: list[Path]
    unified: Path | None
    missing: dict[str, str] = field(default_factory=dict)

    def join(self) -> None:
        """Put the calling process and all of its future children into the group."""
        for directory in self.directories:
            (directory / "cgroup.procs").write_text("0", encoding="ascii")

    def require(self, rung: str) -> None:
        """Return if the limit is in force. Raise Unavailable with the reason otherwise."""
        if rung in self.missing:
            raise Unavailable(self.missing[rung])

    def kill(self) -> None:
        """Kill every process in the group, all at once."""
        if self.unified is not None:
            with suppress(OSError):  # Linux before 5.14 has no cgroup.kill
                (self.unified / "cgroup.kill").write_text("1", encoding="ascii")
                return
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def empty(self) -> bool:
        """Return True if no process is left in the group."""
        if self.unified is not None:
            with suppress(OSError):
                return "populated 0" in (self.unified / "cgroup.events").read_text(encoding="ascii")
        return not any(self._pids())

    def out_of_memory(self) -> bool:
        """Return True if the kernel killed one of its processes because of the group's memory limit."""
        for directory in self.directories:
            for name in ("memory.events", "memory.oom_control"):
                with suppress(OSError):
                    lines = (directory / name).read_text(encoding="ascii").splitlines()
                    if any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines):
                        return True
        return False

    def remove(self) -> bool:
        """Remove the group if it is empty. Return True if nothing is left of it."""
        for directory in self.directories:
            with suppress(OSError):
                directory.rmdir()
        return not any(directory.exists() for directory in self.directories)

    def _pids(self) -> Iterator[int]:
        for directory in self.directories:
            with suppress(OSError):
                yield from map(int, (directory / "cgroup.procs").read_text(encoding="ascii").split())


class Groups:
    """Makes the groups of one keeper, below keeper's own group."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._own = own_groups()
        self._why: dict[str, str] = {}
        self._enabled: set[str] = set()
        if self._own.unified is not None:
            self._enable(self._own.unified)

    def make(self, tag: str) -> Group:
        """Return the new group of attempt `tag`. Raise Unavailable if it can't be made."""
        if self._own.unified is None:
            raise Unavailable("cgroup version 2 is not mounted")
        group = Group([], None)
        try:
            group.unified = self._add(group, self._own.unified, tag)
        except OSError as error:
            raise Unavailable(f"{self._own.unified} can't be written to ({error.strerror})") from None
        for rung, controller, settings in self._wanted():
            try:
                self._limit(group, tag, controller, settings)
            except (OSError, Unavailable) as error:
                group.missing[rung] = f"no {controller} controller: {error}"
        return group

    def _limit(self, group: Group, tag: str, controller: str, settings: dict[int, tuple[str, int]]) -> None:
        """Set a limit in version 2, else in version 1. `settings` maps the version to file and value."""
        if controller in self._enabled:
            assert group.unified is not None
            directory, (name, value) = group.unified, settings[2]
        elif controller in self._own.controllers:
            directory, (name, value) = self._add(group, self._own.controllers[controller], tag), settings[1]
        else:
            raise Unavailable(self._why.get(controller, "the controller is not mounted"))
        (directory / name).write_text(str(value), encoding="ascii")

    def _add(self, group: Group, parent: Path, tag: str) -> Path:
        directory = parent / f"{PREFIX}{tag}"
        directory.mkdir(exist_ok=True)
        group.directories.append(directory)
        return directory

    def _wanted(self) -> Iterator[tuple[str, str, dict[int, tuple[str, int]]]]:
        """Yield rung, controller, and its file and value by version."""
        limits = self._limits
        if limits.memory:
            yield "memory", "memory", {2: ("memory.max", limits.memory), 1: ("memory.limit_in_bytes", limits.memory)}
        if limits.processes:
            yield "processes", "pids", {2: ("pids.max", limits.processes), 1: ("pids.max", limits.processes)}
        if limits.cpu_weight:
            shares = max(2, limits.cpu_weight * 1024 // 100)
            yield "cpu", "cpu", {2: ("cpu.weight", limits.cpu_weight), 1: ("cpu.shares", shares)}

    def _enable(self, own: Path) -> None:
        """Enable controllers for the groups below `own`. Then `own` may have no process, unless it is the root."""
        for _, controller, _ in self._wanted():
            with suppress(OSError):
                if controller not in (own / "cgroup.controllers").read_text(encoding="ascii").split():
                    continue
                try:
                    _delegate(own, controller)
                    self._enabled.add(controller)
                except OSError as error:
                    self._why[controller] = (
                        f"{own} can't hand it on ({error.strerror}): give the supervisor a group of its own,"
                        " e.g. by Delegate=yes in its systemd unit"
                    )


def _delegate(own: Path, controller: str) -> None:
    try:
        (own / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
    except OSError:
        aside = own / SUPERVISOR
        aside.mkdir(exist_ok=True)
        (aside / "cgroup.procs").write_text("0", encoding="ascii")
        try:
            (own / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
        except OSError:  # another process is in `own` too
            (own / "cgroup.procs").write_text("0", encoding="ascii")
            aside.rmdir()
            raise


def clear(tags: Iterable[str], limit: float = 2.0) -> list[Group]:
    """Kill and remove the groups of attempts `tags` of an earlier keeper. Wait at most `limit` seconds for all.

    Return the groups of killed processes that the kernel has not ended yet, e.g. in a write to a frozen disk.
    """
    left = [found for found in map(_find, tags) if found.directories]
    for group in left:
        group.kill()
    deadline = time.monotonic() + limit
    while (left := [group for group in left if not group.remove()]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def _find(tag: str) -> Group:
    own = own_groups()
    found = [parent / f"{PREFIX}{tag}" for parent in (own.unified, *own.controllers.values()) if parent is not None]
    group = Group([directory for directory in found if directory.is_dir()], None)
    if own.unified is not None and own.unified / f"{PREFIX}{tag}" in group.directories:
        group.unified = own.unified / f"{PREFIX}{tag}"
    return group
