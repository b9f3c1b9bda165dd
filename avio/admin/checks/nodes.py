"""Looks at the worker nodes and aggregators: is one of each alive."""

from collections.abc import Iterator

from peewee import PeeweeException

from avio.config import Settings
from avio.db.aggregators import alive
from avio.db.connection import AWAY, borrow, open_database, shut
from avio.db.waiting import fleet
from avio.findings import Finding, fault, good, warning
from avio.rules.waiting import NO_NODE

SUBJECT = "supervisor"
AGGREGATOR = "aggregator"
NO_TAKER = "no worker node takes jobs"


def look_at_nodes(settings: Settings) -> Iterator[Finding]:
    """Yield whether a worker node is alive and takes jobs, and an aggregator; nothing if the database does not say."""
    try:
        open_database(settings.database_url, connections=1, make=False)
        with borrow():
            found, aggregators = fleet(), alive()
    except (*AWAY, PeeweeException, ValueError, OSError):
        return
    finally:
        shut()
    if not found.alive:
        yield fault(SUBJECT, f"{NO_NODE}, so every job waits", "start python -m supervisor, or avio-server up")
    elif not found.taking:
        yield warning(SUBJECT, NO_TAKER, "avio-server nodes shows them; see their logs")
    else:
        slots = f"{found.busy} of {found.slots} slots are busy"
        yield good(SUBJECT, f"{found.taking} of {found.alive} that are alive take jobs; {slots}")
    if aggregators:
        yield good(AGGREGATOR, f"{aggregators} alive")
    else:
        message = "none is alive: progress is not shown, and jobs of dead nodes stay with them"
        yield fault(AGGREGATOR, message, "start python -m avio.aggregator, or avio-server up")
