"""The rungs, in the order in which a job process climbs them, and the climbing: a rung not to be had is left out.

Used by the job process, and by the probes of `avio-server doctor`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from avio.isolation import landlock, limits, seccomp, session, users
from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Group
from avio.isolation.plan import BASIC, STRICT, Plan
from avio.isolation.reach import Reach


class NotIsolated(Exception):
    """A rung is not to be had, and `isolation` is strict."""


@dataclass(slots=True)
class Ground:
    """What the rungs stand on: the parent to die with, the control group or why there is none, the reach."""

    plan: Plan
    parent: int
    group: Group | None = None
    no_group: str = "it was not asked for"
    reach: Reach = field(default_factory=lambda: Reach((), (), None))


@dataclass(frozen=True, slots=True)
class Rung:
    """One means of isolation: `take` applies it to the calling process for good, `asked` tells whether it is wanted.

    `setting` is what asks for it.
    """

    name: str
    gives: str
    take: Callable[[Ground], None]
    asked: Callable[[Plan], bool] = lambda _: True
    setting: str = "isolation"


def _not_basic(plan: Plan) -> bool:
    return plan.mode != BASIC


def _limit(ground: Ground) -> None:
    """Processes are counted by user here: where the control group counts those of the job, that is enough."""
    asked = ground.plan.limits
    counted = ground.group is not None and "processes" not in ground.group.missing
    limits.limit(files=asked.files, file_size=asked.file_size, processes=0 if counted else asked.processes)


def _join(ground: Ground) -> None:
    if ground.group is None:
        raise Unavailable(ground.no_group)
    ground.group.join()


def _holds(rung: str) -> Callable[[Ground], None]:
    """Return a rung that the control group stands for: its limits were set when it was made."""

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
    """Done by `_confine`, as far as this is so."""
    landlock.require(landlock.TCP)
    if ground.reach.ports is None:
        raise Unavailable("the ports of its stores are not known")


def _confine_signals(_: Ground) -> None:
    """Done by `_confine`, as far as this is so."""
    landlock.require(landlock.SCOPES)


# Before the order is read. The user goes before the parent-death signal, which a change of user clears.
APART = (
    Rung("session", "no terminal, a process group of its own", lambda _: os.setsid()),
    Rung("cgroup", "all of its processes are killed at once, however they left", _join, _not_basic),
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
    Rung("oom-score", "killed before the server's processes when memory ends", lambda _: limits.go_first()),
    Rung("user", "none of root's rights", _become, lambda plan: plan.user is not None, "job_user"),
    Rung("parent-death", "killed when keeper dies", lambda ground: session.die_with_parent(ground.parent)),
    Rung("subreaper", "its orphans stay below it", lambda _: session.adopt_orphans()),
    Rung("hidden-memory", "processes of the same user can't read its secrets", lambda _: session.hide_memory()),
    Rung("no-new-privileges", "setuid programs give it nothing", lambda _: session.gain_nothing()),
)

# After the order is read, since it says what the job must reach.
CONFINED = (
    Rung("landlock", "writes its tiers, buckets and directory alone, runs no program", _confine, _not_basic),
    Rung("landlock-tcp", "connects to the ports of its stores and of Redis alone", _confine_tcp, _not_basic),
    Rung("landlock-signals", "signals no process but its own", _confine_signals, _not_basic),
    Rung("seccomp", "no ptrace, mount, kexec, bpf, namespaces ...", lambda _: seccomp.deny(), _not_basic),
)

RUNGS = (*APART, *CONFINED)


@dataclass(slots=True)
class Ladder:
    """Climbs rungs and notes which were used, and why others were not."""

    ground: Ground
    used: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def climb(self, rungs: tuple[Rung, ...]) -> None:
        """Take each of `rungs` that is asked for; NotIsolated when one is not to be had and the plan is strict."""
        plan = self.ground.plan
        for rung in rungs:
            if not rung.asked(plan):
                continue
            try:
                rung.take(self.ground)
            except (OSError, Unavailable) as error:
                self.missing[rung.name] = str(error)
                if plan.mode == STRICT:
                    raise NotIsolated(f"isolation is strict, and {rung.name} is not to be had: {error}") from None
            else:
                self.used.append(rung.name)

    def report(self) -> str:
        """Return JSON: `used`, names of rungs, and `missing`, reasons by name."""
        return json.dumps({"used": self.used, "missing": self.missing}, separators=(",", ":"))
