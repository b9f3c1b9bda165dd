"""The files of a transfer, each claimed before it is moved. Those that another job moves wait, and are looked at again.

Used in the job process, by one thread. No job waits while it has files to move that are its own, and none waits with a
claim: so two jobs never wait for each other.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from avio.engines.awaited import Awaited
from avio.engines.base import Entry, Moved
from avio.engines.local.claims import Claims
from avio.engines.local.owner_watch import OwnerWatch
from avio.engines.run import Run
from avio.terminal.cells import printable

IDLE_SECONDS = 0.02  # between two looks for results, while only files of others are left
LOOK_SECONDS = 0.1  # between two looks at files that wait, at least,
LOOK_PART = 20  # and so many times as long as a look takes
MOST_AT_ONCE = 100  # files that one look frees: others may have their part of what a dead job leaves
OWNER_SECONDS = 1.0  # between two looks at the owners

WaitsFor = Callable[[Awaited | None], object]

log = logging.getLogger(__name__)


class ClaimedFiles:
    """The files of one attempt. `waits_for` gets how many wait, and None when none does."""

    def __init__(self, claims: Claims, watch: OwnerWatch, run: Run, waits_for: WaitsFor) -> None:
        self._claims = claims
        self._watch = watch
        self._run = run
        self._waits_for = waits_for
        self._waiting: list[Entry] = []
        self._look_at = self._owners_at = 0.0

    def of(self, entries: Iterable[Entry | None]) -> Iterator[Entry | None]:
        """Yield each entry once this process has its claim; those that wait behind others. None: none is there now.

        A file that waited may be in place by then: who moves it looks. It ends early after the attempt must stop.
        """
        for entry in entries:
            if entry is None or self._claims.take(entry.path):
                yield entry
            else:
                self._waiting.append(entry)
            if self._waiting:
                yield from self._looked(is_idle=False)
        while self._waiting and not self._run.stopping():
            yield from self._looked(is_idle=True)
            if self._waiting:
                yield None
                time.sleep(IDLE_SECONDS)

    def ended(self, moved: Sequence[Moved]) -> Sequence[Moved]:
        """Let others have files that have an outcome. Return `moved`."""
        for each in moved:
            self._claims.release(each.entry.path)
        return moved

    def _looked(self, *, is_idle: bool) -> list[Entry]:
        """Return waiting files that no other job has any longer, or whose owner is stuck, if it is time for a look."""
        began = time.monotonic()
        if began < self._look_at:
            return []
        self._run.checked(0)  # this attempt has not stalled: `_stuck` bounds the wait
        stuck = self._stuck() if began >= self._owners_at else ()
        free: list[Entry] = []
        waiting = []
        for entry in self._waiting:
            if len(free) < MOST_AT_ONCE and (entry.path in stuck or self._claims.take(entry.path)):
                free.append(entry)
            else:
                waiting.append(entry)
        self._waiting = waiting
        now = time.monotonic()
        self._look_at = now if len(free) == MOST_AT_ONCE else now + max(LOOK_SECONDS, LOOK_PART * (now - began))
        self._tell(is_idle=is_idle and not free)
        return free

    def _stuck(self) -> set[str]:
        """Return the waiting files whose owners show no progress."""
        self._owners_at = time.monotonic() + OWNER_SECONDS
        owners = {entry.path: self._claims.owner(entry.path) for entry in self._waiting}
        stuck = {name for name in set(owners.values()) if name is not None and self._watch.is_stuck(name)}
        for name in stuck:
            log.warning("job %s shows no progress: its files are moved without it", printable(name))
        return {path for path, name in owners.items() if name in stuck}

    def _tell(self, *, is_idle: bool) -> None:
        """Tell the attempt how many files wait, and behind which job if there is nothing else to do."""
        if not self._waiting:
            self._waits_for(None)
            return
        job = None
        if is_idle:
            name = self._claims.owner(self._waiting[0].path)
            job = (name or "").partition(".")[0]
        self._waits_for(Awaited(len(self._waiting), job))
