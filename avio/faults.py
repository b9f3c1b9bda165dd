"""Fault points: named places where a test makes a process die, freeze, fail or wait. Standard library only.

`AVIO_FAULT=point:action[:n]`, read by every process. Without `n` it happens each time the point is passed, with `n` at
the n-th time only; for `delay`, `n` is how many seconds each time. Costs a comparison when unset.
"""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

# The situation at each point.
POINTS = {
    "web.before-insert": "the order is checked, nothing is written",
    "web.after-commit": "the job is committed, its hint is not pushed",
    "web.after-push": "the hint is on the queue, the reply is not sent",
    "intake.registered": "a new epoch has begun, the jobs of older epochs are not given back",
    "intake.dequeued": "a hint is taken from the queue, its job is not claimed",
    "intake.after-claim": "a job is claimed, keeper does not know",
    "intake.before-running": "the process runs, the row does not say so",
    "intake.before-renew": "the lease is about to be renewed",
    "intake.after-renew": "the lease is renewed, keeper does not know",
    "intake.before-end": "an attempt has ended, its log and report are not stored",
    "intake.before-finish": "log and report are stored, the job has not ended",
    "intake.after-end": "the job has ended, keeper does not know",
    "keeper.before-fork": "the attempt's directory exists, its process does not",
    "keeper.after-fork": "the process exists, keeper does not watch it",
    "keeper.job-ended": "all processes of a job are gone, intake does not know",
    "executor.begins": "the job process has its order and is isolated",
    "executor.listed": "the listing is over",
    "executor.before-publish": "an event is about to go onto the stream",
    "executor.before-verify": "all files are moved, the engine is about to be asked",
    "executor.before-result": "the work is done, its result is not written",
    "executor.after-result": "the result is written, the process has not exited",
    "download.temporary": "a temporary file is open and empty",
    "download.fetched": "the temporary file has its bytes, but not its stamp",
    "download.publish": "the temporary file is complete, without its final name",
    "download.published": "the file has its final name",
    "upload.reading": "a cached file is open, nothing is sent",
    "upload.saved": "the bucket has the file, the cached file does not say so",
    "upload.marked": "a small cached file is read and has a pending stamp, nothing is sent",
    "upload.answered": "the store says that it has a small file, nobody has seen the object",
    "scratch.synced": "the bytes of a temporary file are on disk, its name is not final",
    "scratch.renamed": "the final name is set, and not on disk yet",
    "save.scheduled": "Alluxio was asked to persist a batch",
    "aggregator.before-fold": "a batch was read, nothing is in the database",
    "aggregator.before-ack": "a batch is in the database, not acknowledged",
    "aggregator.before-give-back": "orphaned jobs were found, none is given back",
    "aggregator.before-push": "lost hints were taken, none is pushed",
    "aggregator.before-tick": "the job of a schedule's tick is inserted, nothing is committed",
    "aggregator.before-counted": "ended jobs are in the totals of metrics, nothing is committed",
    "aggregator.before-trim": "the stream is about to be trimmed",
    "aggregator.before-settle": "a webhook was tried, its delivery does not say so",
}

ACTIONS = ("kill", "stop", "raise", "delay")


class InjectedFault(Exception):
    """Raised at a fault point whose action is `raise`."""


@dataclass(slots=True)
class Armed:
    """The fault of this process. `passed` counts how often it reached the point."""

    point: str
    action: str
    amount: float | None
    passed: int = 0


def parse(text: str) -> Armed | None:
    """Return the fault in `AVIO_FAULT`, or None if the text is empty. Raise ValueError if the text is invalid."""
    if not text:
        return None
    point, _, rest = text.partition(":")
    action, _, amount = rest.partition(":")
    if point not in POINTS:
        raise ValueError(f"unknown fault point {point!r}; docs/architecture.md lists all points")
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is not an action; write {point}: and one of {', '.join(ACTIONS)}")
    try:
        number = float(amount) if amount else None
    except ValueError:
        raise ValueError(f"{amount!r} is not a number; write {point}:{action}:2 or omit it") from None
    return Armed(point, action, number)


def _armed_by(environ: Mapping[str, str]) -> Armed | None:
    try:
        return parse(environ.get("AVIO_FAULT", ""))
    except ValueError:  # the settings report the error, and nothing starts
        return None


_armed = _armed_by(os.environ)


def fault(point: str) -> None:
    """Apply the fault in `AVIO_FAULT` if it names this point."""
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
