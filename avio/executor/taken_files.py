"""The files that an attempt has taken and not done: those under way, and those that wait for another job.

Runs in the job process. The engine and the transfer tell; silence and progress ask.
"""

from collections.abc import Callable

from avio.engines.awaited import Awaited
from avio.executor.other_files import OtherFiles
from avio.executor.waits import Waits
from avio.wire.waiting import Why


class TakenFiles:
    """The files of one attempt, whose `waits` are told of."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._awaited = 0
        self.others = OtherFiles()  # that earlier jobs load, and this one waits for
        self.count: Callable[[], int] = lambda: 0  # tells how many are being moved or compared, or wait

    def under_way(self) -> int:
        """Return how many files are being moved or compared by this attempt."""
        return max(0, self.count() - self._awaited)

    def waits_for(self, awaited: Awaited | None) -> None:
        """Take which files wait for another job, None if none does. It is told of once nothing else is left to do."""
        self._awaited = awaited.files if awaited is not None else 0
        if awaited is None or awaited.job is None:
            self._waits.end(Awaited)
        else:
            self._waits.begin(Awaited, Why.OTHER_JOB, awaited.job)
