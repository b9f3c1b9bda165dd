"""Queries by which the aggregator folds events into rows (T6): progress and failed files.

One batch is one transaction. Counters are absolute and never fall, so replay, reordering and loss do no harm.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple

from avio.db import failures
from avio.db.connection import transaction
from avio.db.sql import change_many
from avio.wire.events import FailureEvent, ProgressEvent
from avio.wire.progress import Progress

_PROGRESS = (
    "UPDATE jobs SET seq = ?, phase = ?, total_complete = (total_complete OR ?),"
    " crashes = CASE WHEN ? > files_done THEN 0 ELSE crashes END,"
    " {counters_folded}, speed_bps = ?, errors = ?, average_bps = ?, in_flight = ?, bytes_in_flight = ?, waits = ?,"
    " reserved = ?,"
    " phases = ?, eta_p50 = {now} + ?, eta_p90 = {now} + ?,"
    " version = version + 1, updated_at = {now}"
    " WHERE id = ? AND attempt = ? AND seq < ? AND state IN {owned}"
)


# After that: only an event that was folded has the number in the row.
_MOVERS = (
    "UPDATE attempts SET movers = ? WHERE job_id = ? AND attempt = ? AND EXISTS"
    " (SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND seq = ? AND state IN {owned})"
)


def fold(progress: Iterable[ProgressEvent], failed: Iterable[FailureEvent]) -> None:
    """T6: put the newest progress of each job and the failures into the rows. Late and old events change nothing."""
    progress = list(progress)
    with transaction():
        change_many(_PROGRESS, [_progress_parameters(event) for event in progress])
        change_many(_MOVERS, [_movers_parameters(event) for event in progress if event.progress.movers])
        failures.fold(failed)


def _progress_parameters(event: ProgressEvent) -> tuple[object, ...]:
    progress, counters = event.progress, event.progress.counters
    return (
        event.seq,
        progress.phase,
        progress.total_complete,
        counters.files_done,
        *astuple(counters),
        progress.speed_bps,
        json.dumps([asdict(group) for group in progress.errors]),
        progress.average_bps,
        progress.in_flight,
        progress.bytes_in_flight,
        progress.waiting and json.dumps(asdict(progress.waiting)),
        json.dumps({each.tier: each.bytes for each in progress.reserved}) if progress.reserved else None,
        phases_json(progress),
        progress.eta and progress.eta.p50_ms / 1000,
        progress.eta and progress.eta.p90_ms / 1000,
        event.job,
        event.attempt,
        event.seq,
    )


def _movers_parameters(event: ProgressEvent) -> tuple[object, ...]:
    job, attempt = event.job, event.attempt
    return movers_json(event.progress), job, attempt, job, attempt, event.seq


def phases_json(progress: Progress) -> str:
    """Return the column `phases` of a job."""
    return json.dumps([asdict(phase) for phase in progress.phases])


def movers_json(progress: Progress) -> str | None:
    """Return the column `movers` of an attempt, None for one without movers."""
    return json.dumps([asdict(share) for share in progress.movers]) if progress.movers else None
