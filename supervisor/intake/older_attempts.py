"""Ends the attempts that earlier epochs of the node left: by the results in the spool, else gives the dead ones back.

Runs in intake, at the begin of an epoch.
"""

from collections.abc import Callable
from functools import partial

from avio.db import claims, leases
from supervisor.intake.database_task import wait_until_done
from supervisor.intake.end import Finisher
from supervisor.intake.inbox import Inbox
from supervisor.shared.spool import Spool

End = Callable[[leases.Held], bool]


class OlderAttempts:
    """The attempts of earlier epochs of `node`. An end that is not stored is tried again in `later`."""

    def __init__(self, node: str, grace: float, finisher: Finisher, spool: Spool, later: Inbox) -> None:
        self._node, self._grace = node, grace
        self._finisher, self._spool, self._later = finisher, spool, later
        self._unstored: set[tuple[str, int]] = set()

    def end(self, epoch: int) -> None:
        """End those that have a result, give back those that are dead without one, and remove the directories.

        An attempt that may live yet has no result in this spool, unless it has ended. The reaper takes the others back.
        """
        for held in wait_until_done(lambda: leases.held_by_older(self._node, epoch, self._grace)):
            self._try(self._finisher.lost, held)
        for held in wait_until_done(lambda: leases.left_by_older(self._node, epoch)):
            self._try(self._finisher.fold, held)
        left = [each for each in self._spool.found() if each not in self._unstored]
        unfinished = wait_until_done(lambda: claims.unfinished([job for job, _ in left]))
        for job, attempt in sorted(left):  # of a job's listings the last one is kept
            self._spool.remove(job, attempt, goes_on=job in unfinished)

    def _try(self, end: End, held: leases.Held) -> None:
        """Call `end`. If it does not store the end of the attempt, keep the directory, and try again after others."""
        key = held.job, held.attempt
        if key not in self._unstored and not end(held):
            self._unstored.add(key)
            self._later.put(partial(self._try_again, end, held))

    def _try_again(self, end: End, held: leases.Held) -> None:
        if not end(held):
            self._later.put(partial(self._try_again, end, held))
