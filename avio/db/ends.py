"""Queries that end an attempt: with its result (T7, T10), or without one (T8, T11). Used by intake and the reaper.

Each names job and attempt; False means that the attempt is no longer the caller's, and that is an answer, not an error.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from avio.db.connecting import transaction
from avio.db.sql import change, change_many, row
from avio.wire.results import Result

MAX_CRASHES = 3
MAX_LOSSES = 10

# Seconds before the next attempt, by how many attempts crashed in a row.
BACK_OFF = (1, 5, 25)


class Cause(StrEnum):
    """Why an attempt is over without a result."""

    CRASHED = "crashed"  # the process died by itself: counts against the job
    STALLED = "stalled"  # it got no further and was ended: counts as a crash
    LOST = "lost"  # the node went away: counts apart
    DRAINED = "stopped"  # the node asked it to leave: counts nowhere
    FENCED = "fenced"  # its lease ran out on its own clock: counts as lost
    UNKILLABLE = "unkillable"  # it was killed and did not go: counts as lost


@dataclass(frozen=True, slots=True)
class Exit:
    """How the process of an attempt ended, as far as anyone saw it. `max_rss` in bytes."""

    code: int | None = None
    signal: int | None = None
    max_rss: int | None = None


def finish(result: Result, state: str, exit_: Exit = Exit()) -> bool:
    """T7, T10: the attempt ended with `result`; the job is `state`, with the counters and failures of the result."""
    counters = result.progress.counters
    with transaction():
        ended = change(
            "UPDATE jobs SET state = ?, reason = ?, message = ?, total_complete = ?, files_total = ?, bytes_total = ?,"
            " files_done = ?, bytes_done = ?, files_skipped = ?, bytes_skipped = ?, files_failed = ?, bytes_failed = ?,"
            " bytes_wire = {greatest}(bytes_wire, ?), speed_bps = 0, errors = ?, verified_files = ?,"
            " verified_bytes = ?, phase = NULL, node = NULL, node_epoch = NULL,"
            " version = version + 1, updated_at = {now}, finished_at = {now}"
            " WHERE id = ? AND attempt = ? AND state IN ('starting', 'running', 'stopping')",
            state,
            result.reason,
            result.message,
            result.progress.total_complete,
            counters.files_total,
            counters.bytes_total,
            counters.files_done,
            counters.bytes_done,
            counters.files_skipped,
            counters.bytes_skipped,
            counters.files_failed,
            counters.bytes_failed,
            counters.bytes_wire,
            json.dumps([asdict(group) for group in result.progress.errors]),
            result.verified_files,
            result.verified_bytes,
            result.job,
            result.attempt,
        )
        if not ended:
            return False
        # Failures that a wiped stream lost; those of earlier attempts are no failures of the job.
        change("DELETE FROM failures WHERE job_id = ? AND attempt < ?", result.job, result.attempt)
        change_many(
            "INSERT INTO failures (job_id, path, attempt, reason, message, tries) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (job_id, path) DO NOTHING",
            [(result.job, f.path, result.attempt, f.reason, f.message, f.tries) for f in result.failures],
        )
        _close_attempt(result.job, result.attempt, state, exit_)
    return True


def give_back(
    job: str, attempt: int, cause: Cause, message: str, exit_: Exit = Exit(), files_done: int = 0
) -> str | None:
    """T8, T11: the attempt is over without a result. Return the job's state, None when it was not the caller's.

    Queued again after a back-off; cancelled when that was wished; failed after `MAX_CRASHES` crashes without
    progress or `MAX_LOSSES` losses. `files_done` is how many files it had in place, as far as its node knows:
    more than before is progress, whether or not an event ever told of it.
    """
    crash = 1 if cause in (Cause.CRASHED, Cause.STALLED) else 0
    loss = 1 if cause in (Cause.LOST, Cause.FENCED, Cause.UNKILLABLE) else 0
    with transaction():
        held = row(
            "SELECT CASE WHEN ? > files_done THEN 0 ELSE crashes END + ?, losses + ?, cancel_at IS NOT NULL FROM jobs"
            " WHERE id = ? AND attempt = ? AND state IN ('starting', 'running', 'stopping')",
            files_done,
            crash,
            loss,
            job,
            attempt,
        )
        if held is None:
            return None
        crashes, losses, cancelled = held
        state, reason, text = _after(crashes, losses, bool(cancelled), message)
        changed = change(
            "UPDATE jobs SET state = ?, reason = ?, message = ?, crashes = ?, losses = ?,"
            " files_done = {greatest}(files_done, ?), files_total = {greatest}(files_total, ?), run_at = {now} + ?,"
            " pushed_at = NULL, phase = NULL, node = NULL, node_epoch = NULL, speed_bps = 0,"
            " finished_at = CASE WHEN ? THEN NULL ELSE {now} END, version = version + 1, updated_at = {now}"
            " WHERE id = ? AND attempt = ? AND state IN ('starting', 'running', 'stopping')",
            state,
            reason,
            text,
            crashes,
            losses,
            files_done,
            files_done,
            BACK_OFF[min(crashes, len(BACK_OFF)) - 1] if crash else 0,
            state == "queued",
            job,
            attempt,
        )
        if not changed:
            return None
        _close_attempt(job, attempt, cause.value, exit_)
    return state


def _after(crashes: int, losses: int, cancelled: bool, message: str) -> tuple[str, str | None, str]:
    if cancelled:
        return "cancelled", None, "cancelled"
    if crashes >= MAX_CRASHES:
        return "failed", "CRASHED", f"the job process died {crashes} times without progress, last: {message}"
    if losses >= MAX_LOSSES:
        return "failed", "NODES_LOST", f"the job lost its node {losses} times, last: {message}"
    return "queued", None, message


def _close_attempt(job: str, attempt: int, outcome: str, exit_: Exit) -> None:
    change(
        "UPDATE attempts SET ended_at = {now}, outcome = ?, exit_code = ?, exit_signal = ?, max_rss = ?"
        " WHERE job_id = ? AND attempt = ? AND ended_at IS NULL",
        outcome,
        exit_.code,
        exit_.signal,
        exit_.max_rss,
        job,
        attempt,
    )
