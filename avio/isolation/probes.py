"""Probes of the rungs on this machine. A forked child applies each rung and exits. Used by doctor and keeper."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Groups
from avio.isolation.ladder import RUNGS, Ground, Rung
from avio.isolation.plan import Plan
from avio.isolation.reach import Reach
from avio.isolation.session import gain_nothing

PROBED = "probe"
REPLY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Probed:
    """A rung, whether the plan requests it, and why it is unavailable (None: it is available)."""

    rung: Rung
    asked: bool
    why: str | None


def probe(plan: Plan) -> Iterator[Probed]:
    """Yield the probe of each rung. Only requested rungs are tried."""
    ground = Ground(plan, os.getpid(), reach=Reach((tempfile.gettempdir(),), ("/usr",), frozenset({443})))
    try:
        ground.group = Groups(plan.limits).make(f"{PROBED}.{os.getpid()}")
    except Unavailable as error:
        ground.no_group = str(error)
    try:
        for rung in RUNGS:
            asked = rung.asked(plan)
            yield Probed(rung, asked, _in_child(_taking(rung, ground)) if asked else None)
    finally:
        if ground.group is not None:
            ground.group.remove()


def _taking(rung: Rung, ground: Ground) -> Callable[[], None]:
    def take() -> None:
        if rung.name != "no-new-privileges":
            gain_nothing()  # Landlock and seccomp need it
        rung.take(ground)

    return take


def _in_child(take: Callable[[], None]) -> str | None:
    """Fork and call `take` in the child. Return why it failed, or None."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        why = "the probe failed"
        try:
            take()
            why = ""
        except (OSError, Unavailable) as error:
            why = str(error) or type(error).__name__
        finally:
            os.write(writing, why.encode()[:REPLY_BYTES])
            os._exit(0)
    os.close(writing)
    reply = os.read(reading, REPLY_BYTES)
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    return reply.decode() or (None if status == 0 else f"the probe died of signal {status & 127}")
