"""Folding a batch of events: of many per job the newest counts, then one transaction, then the acknowledgement.

Runs in the aggregator. A batch that fails as a whole is tried event by event: one bad event can't stop the stream.
"""

import logging

from peewee import DatabaseError, InterfaceError, OperationalError

from avio.db import folding
from avio.db.connecting import borrow
from avio.faults import fault
from avio.streams import Batch, Events
from avio.wire.events import Event, FailureEvent, ProgressEvent

log = logging.getLogger(__name__)


def newest(events: list[Event]) -> tuple[list[ProgressEvent], list[FailureEvent]]:
    """Return the newest progress of each job, and all failures; states are in the database already."""
    progress: dict[str, ProgressEvent] = {}
    failures: dict[tuple[str, str], FailureEvent] = {}
    for event in events:
        if isinstance(event, ProgressEvent):
            known = progress.get(event.job)
            if known is None or (event.attempt, event.seq) > (known.attempt, known.seq):
                progress[event.job] = event
        elif isinstance(event, FailureEvent):
            failures[event.job, event.path] = event
    return list(progress.values()), list(failures.values())


def fold(stream: Events, batch: Batch) -> None:
    """Put a batch into the database, then acknowledge it; what dies in between is folded again and changes nothing."""
    if not batch:
        return
    fault("aggregator.before-fold")
    with borrow():
        try:
            folding.fold(*newest([event for _, event in batch]))
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError:
            log.exception("batch refused, folded one by one", extra={"events": len(batch)})
            _one_by_one(batch)
    fault("aggregator.before-ack")
    stream.acknowledge([entry for entry, _ in batch])


def _one_by_one(batch: Batch) -> None:
    for entry, event in batch:
        try:
            folding.fold(*newest([event]))
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError as error:
            log.error("event dropped", extra={"entry": entry, "why": str(error), "job": event.job})
