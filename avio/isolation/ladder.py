"""The rungs, in the order in which a job process applies them. It skips a rung that the machine does not support.

Used by the job process, and by the probes of `avio-server doctor`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from avio.isolation import capabilities, landlock, limits, seccomp, session, users
from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Group
from avio.isolation.plan import BASIC, STRICT, Plan
from avio.isolation.reach import Reach


class NotIsolated(Exception):
    """A rung is unavailable, and `isolation` is strict."""


@dataclass(slots=True)
class Ground:
    """Input of the rungs: the parent process, the control group or why there is none, the reach."""

    plan: Plan
    parent: int
    group: Group | None = None
    no_group: str = "no setting requests it"
    reach: Reach = field(default_factory=lambda: Reach((), (), None))


@dataclass(frozen=True, slots=True)
class Rung:
    """One means of isolation. `take` applies it to the calling process forever. `asked` says if the plan requests it.

    `setting` is the setting that requests it.
    """

    name: str
    gives: str
    take: Callable[[Ground], None]
    asked: Callable[[Plan], bool] = lambda _: True
    setting: str = "isolation"


def _not_basic(plan: Plan) -> bool:
    return plan.mode != BASIC


def _limit(ground: Ground) -> None:
    """Limit the processes of the user, unless the control group counts those of the job."""
    asked = ground.plan.limits
    counted = ground.group is not None and "processes" not in ground.group.missing
    limits.limit(files=asked.files, file_size=asked.file_size, processes=0 if counted else asked.processes)


def _join(ground: Ground) -> None:
    if ground.group is None:
        raise Unavailable(ground.no_group)
    ground.group.join()


def _holds(rung: str) -> Callable[[Ground], None]:
    """Return a rung of the control group. Its limits were set when the group was made."""

    def take(ground: Ground) -> None:
        if ground.group is None:
            raise Unavailable(ground.no_group)
        ground.group.require(rung)

    return take


def _become(ground: Ground) -> None:
    assert ground.plan.user is not None
    users.become(ground.plan.user)


def _confine(ground: Ground) -> None:
    landlock.confine(ground.reach.writes, ground.reach.reads, ground.reach.ports)


def _confine_tcp(ground: Ground) -> None:
    """Raise Unavailable if `_confine` could not do this."""
    landlock.require(landlock.TCP)
    if ground.reach.ports is None:
        raise Unavailable("the ports of its stores are not known")


def _confine_signals(_: Ground) -> None:
    """Raise Unavailable if `_confine` could not do this."""
    landlock.require(landlock.SCOPES)


# Applied before the order is read. A change of user clears the parent-death signal, so the user comes first.
APART = (
    Rung("session", "no terminal, a process group of its own", lambda _: os.setsid()),
    Rung("cgroup", "all of its processes are killed at once, even daemons", _join, _not_basic),
    Rung(
        "memory",
        "memory of all of its processes",
        _holds("memory"),
        lambda p: _not_basic(p) and p.limits.memory > 0,
        "job_memory",
    ),
    Rung(
        "processes",
        "how many processes and threads",
        _holds("processes"),
        lambda p: _not_basic(p) and p.limits.processes > 0,
        "job_processes",
    ),
    Rung(
        "cpu",
        "its share of the processors",
        _holds("cpu"),
        lambda p: _not_basic(p) and p.limits.cpu_weight > 0,
        "job_cpu_weight",
    ),
    Rung("rlimits", "no core dumps, few open files", _limit),
    Rung("nice", "others have the processor first", lambda ground: limits.step_back(ground.plan.limits.nice)),
    Rung(
        "idle-io",
        "others have the disk first",
        lambda _: limits.idle_io(),
        lambda plan: plan.limits.idle_io,
        "job_idle_io",
    ),
    Rung("oom-score", "killed before the server's processes when memory is exhausted", lambda _: limits.go_first()),
    Rung("user", "no rights of root", _become, lambda plan: plan.user is not None, "job_user"),
    Rung("parent-death", "killed when keeper dies", lambda ground: session.die_with_parent(ground.parent)),
    Rung("subreaper", "its orphans remain its children", lambda _: session.adopt_orphans()),
    Rung("hidden-memory", "processes of the same user can't read its secrets", lambda _: session.hide_memory()),
    Rung("no-new-privileges", "setuid programs give it nothing", lambda _: session.gain_nothing()),
    Rung(
        "capabilities",
        "none of root's rights but to read and write files of other users",
        lambda _: capabilities.give_up(),
        _not_basic,
    ),
)

# Applied after the order is read, since the order says what the job must reach.
CONFINED = (
    Rung("landlock", "writes to its tiers, buckets and directory alone, runs no program", _confine, _not_basic),
    Rung("landlock-tcp", "connects to the ports of its stores and of Redis alone", _confine_tcp, _not_basic),
    Rung("landlock-signals", "signals no process but its own", _confine_signals, _not_basic),
    Rung(
        "seccomp",
        "no chmod, chown, setuid files, ptrace, mount, bpf, namespaces ...",
        lambda _: seccomp.deny(),
        _not_basic,
    ),
)

RUNGS = (*APART, *CONFINED)


@dataclass(slots=True)
class Ladder:
    """Applies rungs, and records the used rungs and why others were skipped."""

    ground: Ground
    used: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def climb(self, rungs: tuple[Rung, ...]) -> None:
        """Apply each requested rung. Raise NotIsolated if one is unavailable and the plan is strict."""
        plan = self.ground.plan
        for rung in rungs:
            if not rung.asked(plan):
                continue
            try:
                rung.take(self.ground)
            except (OSError, Unavailable) as error:
                self.missing[rung.name] = str(error)
                if plan.mode == STRICT:
                    raise NotIsolated(f"isolation is strict, and {rung.name} is unavailable: {error}") from None
            else:
                self.used.append(rung.name)

    def report(self) -> str:
        """Return JSON: `used`, names of rungs, and `missing`, reasons by name."""
        return json.dumps({"used": self.used, "missing": self.missing}, separators=(",", ":"))
