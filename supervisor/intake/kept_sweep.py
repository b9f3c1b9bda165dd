"""Removes kept listings: of jobs that have ended, of old ones, and of all if the spool needs their room.

Runs in intake's database thread.
"""

import logging

from avio.clock import boottime
from avio.db import claims
from avio.wire.results import LISTING_AGE_SECONDS
from supervisor.shared.kept_listings import KeptListings

LOOK_SECONDS = 60.0
MAX_BYTES = 16 << 30  # of all that are kept; the newest stay

log = logging.getLogger(__name__)


class KeptSweep:
    """The retention of the listings that attempts on this node have left."""

    def __init__(self, kept: KeptListings) -> None:
        self._kept = kept
        self._next = 0.0

    def look(self) -> None:
        """Remove what no attempt will need. Called often; looks once a minute."""
        if boottime() < self._next:
            return
        self._next = boottime() + LOOK_SECONDS
        found = sorted(self._kept.found(), key=lambda each: each.age)
        unfinished = claims.unfinished([each.job for each in found])
        total = 0
        for each in found:
            total += each.size
            if each.job not in unfinished or each.age > LISTING_AGE_SECONDS or total > MAX_BYTES:
                self._kept.remove(each.job)

    def give_way(self) -> bool:
        """Remove all: jobs need the disk, and can list again. Return True if there was any."""
        found = list(self._kept.found())
        for each in found:
            log.warning("the spool is nearly full: a kept listing is removed", extra={"job": each.job})
            self._kept.remove(each.job)
        return bool(found)
