"""Queries that end an attempt: with its result (T7, T10), or without one (T8, T11). Used by intake and the reaper.

Each names job and attempt. False means that the attempt is no longer the caller's; this is no fault of the caller.
"""

import json
from dataclasses import asdict, astuple, dataclass
from enum import StrEnum

from avio.db import failures, rooms, timings, uses
from avio.db.connection import transaction
from avio.db.folds import movers_json, phases_json
from avio.db.rooms import Wanted
from avio.db.sql import change, row
from avio.wire.reports import without_report
from avio.wire.results import Result

MAX_CRASHES = 3
MAX_LOSSES = 10

# Seconds before the next attempt, by the number of crashes in a row.
BACK_OFF = (1, 5, 25)

# Seconds before a job that found no room looks again, if the database knows of room: so many for each attempt.
ROOM_PAUSE, ROOM_PAUSE_MAX = 2.0, 300.0

# What an attempt that is given back has: a wish waits until that is done.
_HELD = (
    "SELECT CASE WHEN ? > files_done THEN 0 ELSE crashes END + ?, losses + ?, cancel_at IS NOT NULL, params"
    " FROM jobs WHERE id = ? AND attempt = ? AND state IN {owned} {alone}"
)


class Cause(StrEnum):
    """Why an attempt ended without a result."""

    CRASHED = "crashed"  # the process died by itself: counts as a crash
    STALLED = "stalled"  # it made no progress and was ended: counts as a crash
    LOST = "lost"  # the node was lost: counts as a loss
    DRAINED = "stopped"  # the node stopped it: counts as nothing
    WAITS = "waiting"  # it found no room in the cache, and gave its slot to other jobs: counts as nothing
    FENCED = "fenced"  # its lease ended by its own clock: counts as a loss
    UNKILLABLE = "unkillable"  # it was killed and still exists: counts as a loss


@dataclass(frozen=True, slots=True)
class Exit:
    """How the process of an attempt ended, as far as known. `max_rss` in bytes."""

    code: int | None = None
    signal: int | None = None
    max_rss: int | None = None


def finish(result: Result, state: str, exit_: Exit = Exit()) -> bool:
    """T7, T10: the attempt ended with `result`; the job is `state`, with the counters and failures of the result."""
    with transaction():
        ended = change(
            "UPDATE jobs SET state = ?, reason = ?, message = ?, total_complete = ?, {counters_final},"
            " {no_pace}, average_bps = ?, phases = ?, errors = ?, verified_files = ?, verified_bytes = ?,"
            " local_path = ?, plan = ?, phase = NULL, node = NULL, node_epoch = NULL,"
            " version = version + 1, updated_at = {now}, finished_at = {now}"
            " WHERE id = ? AND attempt = ? AND state IN {owned}",
            state,
            result.reason,
            result.message,
            result.progress.total_complete,
            *astuple(result.progress.counters),
            result.progress.average_bps,
            phases_json(result.progress),
            json.dumps([asdict(group) for group in result.progress.errors]),
            result.verified_files,
            result.verified_bytes,
            result.local_path,
            None if result.plan is None else json.dumps(asdict(result.plan)),
            result.job,
            result.attempt,
        )
        if not ended:
            return False
        failures.settle(result)  # a wiped stream may have lost some
        uses.release_freed(result.job)
        if result.timing is not None:
            timings.keep(result.job, result.timing)
        _close_attempt(result.job, result.attempt, state, exit_, movers_json(result.progress))
    return True


def give_back(
    job: str,
    attempt: int,
    cause: Cause,
    message: str,
    exit_: Exit = Exit(),
    files_done: int = 0,
    wanted: Wanted | None = None,
) -> str | None:
    """T8, T11: the attempt ended without a result. Return the job's state, or None if it was not the caller's.

    The job is queued again after a back-off; cancelled if the user asked for that; failed after `MAX_CRASHES`
    crashes without progress or `MAX_LOSSES` losses. `files_done` is the number of files in place that its node knows:
    more than before is progress, even if the event was lost. `wanted` is the room that the job waits for.
    """
    crash = 1 if cause in (Cause.CRASHED, Cause.STALLED) else 0
    loss = 1 if cause in (Cause.LOST, Cause.FENCED, Cause.UNKILLABLE) else 0
    with transaction():
        held = row(_HELD, files_done, crash, loss, job, attempt)
        if held is None:
            return None
        crashes, losses, cancelled, params = held
        state, reason, text = _after(crashes, losses, bool(cancelled), message)
        if state != "queued":
            text = without_report(text, params)
        changed = change(
            "UPDATE jobs SET state = ?, reason = ?, message = ?, crashes = ?, losses = ?,"
            " files_done = {greatest}(files_done, ?), files_total = {greatest}(files_total, ?), run_at = {now} + ?,"
            " pushed_at = NULL, phase = NULL, node = NULL, node_epoch = NULL, {no_pace},"
            " finished_at = CASE WHEN ? THEN NULL ELSE {now} END, version = version + 1, updated_at = {now}"
            " WHERE id = ? AND attempt = ? AND state IN {owned}",
            state,
            reason,
            text,
            crashes,
            losses,
            files_done,
            files_done,
            _pause(crashes, attempt, crash=bool(crash), waits=wanted is not None),
            state == "queued",
            job,
            attempt,
        )
        if changed:
            rooms.want(job, wanted)
            _close_attempt(job, attempt, cause.value, exit_)
    return state if changed else None


def _pause(crashes: int, attempt: int, *, crash: bool, waits: bool) -> float:
    """Return the seconds before the next attempt. A job that waits for room looks again more and more seldom."""
    if waits:
        return min(ROOM_PAUSE_MAX, ROOM_PAUSE * attempt)
    return BACK_OFF[min(crashes, len(BACK_OFF)) - 1] if crash else 0


def _after(crashes: int, losses: int, cancelled: bool, message: str) -> tuple[str, str | None, str]:
    if cancelled:
        return "cancelled", None, "cancelled"
    if crashes >= MAX_CRASHES:
        return "failed", "CRASHED", f"the job process died {crashes} times without progress, last: {message}"
    if losses >= MAX_LOSSES:
        return "failed", "NODES_LOST", f"the job lost its node {losses} times, last: {message}"
    return "queued", None, message


def _close_attempt(job: str, attempt: int, outcome: str, exit_: Exit, movers: str | None = None) -> None:
    """End the row of an attempt. Without `movers` what its events told of them stays."""
    change(
        "UPDATE attempts SET ended_at = {now}, outcome = ?, exit_code = ?, exit_signal = ?, max_rss = ?,"
        " movers = coalesce(?, movers) WHERE job_id = ? AND attempt = ? AND ended_at IS NULL",
        outcome,
        exit_.code,
        exit_.signal,
        exit_.max_rss,
        movers,
        job,
        attempt,
    )
