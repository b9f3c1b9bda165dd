"""Fault points: named places where a test makes a process die, stop, raise or wait. Standard library only.

`AVIO_FAULT=point:action[:n]`, read by every process. Without `n` it happens each time the point is passed, with `n` at
the n-th time only; for `delay`, `n` is how many seconds each time. Costs a comparison when unset.
"""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

# What is about to happen, or has just happened, where the point lies.
POINTS = {
    "web.before-insert": "an order is checked, nothing is written",
    "web.after-commit": "the job is committed, its hint is not pushed",
    "web.after-push": "the hint is on the queue, the reply is not sent",
    "intake.registered": "a new epoch has begun, what older ones left behind is not given back",
    "intake.dequeued": "a hint is off the queue, its job is not claimed",
    "intake.after-claim": "a job is claimed, keeper does not know",
    "intake.before-running": "the process is up, the row does not say so",
    "intake.before-renew": "the lease is about to be renewed",
    "intake.after-renew": "the lease is renewed, keeper does not know",
    "intake.before-end": "an attempt has ended, nothing of it is shipped",
    "intake.before-finish": "log and report are shipped, the job has not ended",
    "intake.after-end": "the job has ended, keeper does not know",
    "keeper.before-fork": "the attempt's directory is there, its process is not",
    "keeper.after-fork": "the process is there, keeper does not watch it",
    "keeper.job-ended": "nothing is left of a process, intake does not know",
    "executor.begins": "the job process has its order and is set apart",
    "executor.listed": "the listing is over",
    "executor.before-publish": "an event is about to go onto the stream",
    "executor.before-verify": "all is moved, the engine is about to be asked",
    "executor.before-result": "the work is over, its result is not written",
    "executor.after-result": "the result is written, the process has not left",
    "download.temporary": "a temporary is open and empty",
    "download.fetched": "its bytes are there, its stamp is not",
    "download.publish": "it is complete, without its final name",
    "download.published": "it has its final name",
    "upload.reading": "a cached file is open, nothing is sent",
    "upload.saved": "the bucket has it, the cached file does not say so",
    "scratch.synced": "the bytes of a temporary are on disk, its name is not final",
    "scratch.renamed": "its name is final, and not on disk yet",
    "save.scheduled": "Alluxio was asked to persist a batch",
    "aggregator.before-fold": "a batch was read, nothing is in the database",
    "aggregator.before-ack": "a batch is in the database, not acknowledged",
    "aggregator.before-give-back": "orphans were found, nothing is given back",
    "aggregator.before-push": "lost hints were taken, none is pushed",
    "aggregator.before-trim": "the stream is about to be trimmed",
}

ACTIONS = ("kill", "stop", "raise", "delay")


class InjectedFault(Exception):
    """Raised at a fault point whose action is `raise`."""


@dataclass(slots=True)
class Armed:
    """The one fault of this process; `passed` counts how often its point was reached."""

    point: str
    action: str
    amount: float | None
    passed: int = 0


def parse(text: str) -> Armed | None:
    """Return what `AVIO_FAULT` asks for, None when it is empty; ValueError with a full sentence on anything wrong."""
    if not text:
        return None
    point, _, rest = text.partition(":")
    action, _, amount = rest.partition(":")
    if point not in POINTS:
        raise ValueError(f"there is no fault point {point!r}; docs/architecture.md lists them")
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no action; write {point}: and one of {', '.join(ACTIONS)}")
    try:
        number = float(amount) if amount else None
    except ValueError:
        raise ValueError(f"{amount!r} is no number; write {point}:{action}:2 or leave it out") from None
    return Armed(point, action, number)


def _armed_by(environ: Mapping[str, str]) -> Armed | None:
    try:
        return parse(environ.get("AVIO_FAULT", ""))
    except ValueError:  # the settings say what is wrong, and nothing starts
        return None


_armed = _armed_by(os.environ)


def fault(point: str) -> None:
    """Do here what `AVIO_FAULT` asks for this point; nothing, almost always."""
    if _armed is None or _armed.point != point:
        return
    if _armed.action == "delay":
        time.sleep(1 if _armed.amount is None else _armed.amount)
        return
    _armed.passed += 1
    if _armed.amount not in (None, _armed.passed):
        return
    if _armed.action == "raise":
        raise InjectedFault(point)
    os.kill(os.getpid(), signal.SIGKILL if _armed.action == "kill" else signal.SIGSTOP)
