"""Folds a batch of events: takes the newest event of each job, writes one transaction, then acknowledges.

Runs in the aggregator. A batch that fails as a whole is tried event by event: one bad event can't stop the stream.
"""

import logging
from dataclasses import replace

from avio.db import folds
from avio.db.connection import AWAY, borrow
from avio.faults import fault
from avio.streams import Batch, Events
from avio.wire.events import Event, FailureEvent, ProgressEvent

log = logging.getLogger(__name__)


def newest(events: list[Event]) -> tuple[list[ProgressEvent], list[FailureEvent]]:
    """Return the newest progress of each job, and all failures. The database has the states already.

    Both are in the order of their keys: two aggregators that lock the same rows in the same order can't deadlock.
    """
    progress: dict[str, ProgressEvent] = {}
    failures: dict[tuple[str, str], FailureEvent] = {}
    for event in events:
        if isinstance(event, ProgressEvent):
            known = progress.get(event.job)
            if known is None or (event.attempt, event.seq) > (known.attempt, known.seq):
                progress[event.job] = _with_movers(event, known)
        elif isinstance(event, FailureEvent):
            failures[event.job, event.path] = event
    return [progress[key] for key in sorted(progress)], [failures[key] for key in sorted(failures)]


def _with_movers(event: ProgressEvent, before: ProgressEvent | None) -> ProgressEvent:
    """Return `event` with the movers that an event before it told of: most events leave them out."""
    if event.progress.movers or before is None or before.attempt != event.attempt:
        return event
    return replace(event, progress=replace(event.progress, movers=before.progress.movers))


def fold(stream: Events, batch: Batch) -> None:
    """Fold a batch into the database, then acknowledge it. Folding a batch again changes nothing."""
    if not batch:
        return
    fault("aggregator.before-fold")
    try:
        _write([event for _, event in batch])
    except AWAY:
        raise
    except Exception:
        log.exception("batch refused; folding its events one by one", extra={"events": len(batch)})
        _one_by_one(batch)
    fault("aggregator.before-ack")
    stream.acknowledge([entry for entry, _ in batch])


def _one_by_one(batch: Batch) -> None:
    for entry, event in batch:
        try:
            _write([event])
        except AWAY:
            raise
        except Exception as error:
            log.error("event dropped", extra={"entry": entry, "why": str(error), "job": event.job})


def _write(events: list[Event]) -> None:
    with borrow():
        folds.fold(*newest(events))
