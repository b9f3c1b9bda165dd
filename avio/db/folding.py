"""Queries by which the aggregator folds what is learnt on the way (T6): progress, failed files.

One batch is one transaction. Counters are absolute and never fall, so replay, reordering and loss do no harm.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict

from avio.db.connecting import transaction
from avio.db.sql import change_many
from avio.wire.events import FailureEvent, ProgressEvent

_PROGRESS = (
    "UPDATE jobs SET seq = ?, phase = ?, total_complete = (total_complete OR ?),"
    " crashes = CASE WHEN ? > files_done THEN 0 ELSE crashes END,"
    " files_total = {greatest}(files_total, ?), bytes_total = {greatest}(bytes_total, ?),"
    " files_done = {greatest}(files_done, ?), bytes_done = {greatest}(bytes_done, ?),"
    " files_skipped = {greatest}(files_skipped, ?), bytes_skipped = {greatest}(bytes_skipped, ?),"
    " files_failed = ?, bytes_failed = ?,"
    " bytes_wire = {greatest}(bytes_wire, ?), speed_bps = ?, errors = ?,"
    " version = version + 1, updated_at = {now}"
    " WHERE id = ? AND attempt = ? AND seq < ? AND state IN ('starting', 'running', 'stopping')"
)

_FAILURE = (
    "INSERT INTO failures (job_id, path, attempt, reason, message, tries) SELECT ?, ?, ?, ?, ?, ?"
    " WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ? AND attempt = ?)"
    " ON CONFLICT (job_id, path) DO UPDATE SET attempt = excluded.attempt, reason = excluded.reason,"
    " message = excluded.message, tries = excluded.tries WHERE excluded.attempt >= failures.attempt"
)


def fold(progress: Iterable[ProgressEvent], failures: Iterable[FailureEvent]) -> None:
    """T6: put the newest progress of each job and the failures into the rows; late and old ones change nothing."""
    with transaction():
        change_many(_PROGRESS, [_progress_parameters(event) for event in progress])
        change_many(_FAILURE, [_failure_parameters(event) for event in failures])


def _progress_parameters(event: ProgressEvent) -> tuple[object, ...]:
    progress, counters = event.progress, event.progress.counters
    return (
        event.seq,
        progress.phase,
        progress.total_complete,
        counters.files_done,
        counters.files_total,
        counters.bytes_total,
        counters.files_done,
        counters.bytes_done,
        counters.files_skipped,
        counters.bytes_skipped,
        counters.files_failed,
        counters.bytes_failed,
        counters.bytes_wire,
        progress.speed_bps,
        json.dumps([asdict(group) for group in progress.errors]),
        event.job,
        event.attempt,
        event.seq,
    )


def _failure_parameters(event: FailureEvent) -> tuple[object, ...]:
    return (event.job, event.path, event.attempt, event.reason, event.message, event.tries, event.job, event.attempt)
