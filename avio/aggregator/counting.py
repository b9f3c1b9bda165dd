"""Counts jobs into the totals of metrics, each file and byte once. Runs in the aggregator; of several, one at a time.

What web shows as counters are these totals: they don't fall when a process starts again, nor when old jobs are deleted.
"""

from collections.abc import Collection

from avio.aggregator.tally import MountOf, Tally
from avio.db import counting, totals
from avio.db.connection import borrow, transaction
from avio.faults import fault
from avio.wire.paths import is_under

BATCH = 500
SEVERAL = "several"


class Counting:
    """Counts what has come since the last time. `mounts` are those of the settings."""

    def __init__(self, mounts: Collection[str]) -> None:
        self._mount_of = mount_of(mounts)

    def count(self) -> None:
        """Count the jobs at work, and up to `BATCH` that have ended: the next call has the rest."""
        with borrow(), transaction():
            if not counting.alone():
                return
            tally = Tally(self._mount_of)
            ended = counting.ended(BATCH)
            for job in ended:
                tally.add(job)
            known = [(job, tally.add(job)) for job in counting.at_work()]
            totals.add(tally.amounts)
            counting.keep((job.job, counts) for job, counts in known if counts != job.counted)
            counting.settle([job.job for job in ended])
            fault("aggregator.before-counted")


def mount_of(mounts: Collection[str]) -> MountOf:
    """Return what tells the mount of a path; the root for an engine without mounts of its own."""
    known = sorted(mounts or ("/",), key=len, reverse=True)

    def find(path: str | None) -> str:
        return SEVERAL if path is None else next((mount for mount in known if is_under(path, mount)), SEVERAL)

    return find
