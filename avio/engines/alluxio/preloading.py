"""One preload: looks files up, has their missing blocks carried into the cache, confirms each with the master.

Used in the job process. Three stages side by side (looking up, carrying, confirming) with a bounded number of
files between them.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue

from avio.engines.alluxio.carrying import Arrived, Carrier
from avio.engines.alluxio.confirming import HEARTBEATS, Confirming, Next, Verdict
from avio.engines.alluxio.lookup import Lookup, batches
from avio.engines.alluxio.pieces import Arriving
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.savable import Lost
from avio.engines.alluxio.seen import Seen
from avio.engines.alluxio.status import Block, Persistence, Status
from avio.engines.alluxio.waiting import Waiting
from avio.engines.alluxio.worker import Workers
from avio.engines.base import Entry, Moved, MoveOptions, Run
from avio.errors import CacheFull, EngineError, Gone, Scope, SourceChanged
from avio.wire.results import Outcome

FILES = 5000  # files between the stages
CONFIRMED = 1000  # files that are confirmed together, with few pages that hold little else
GATHER = 1.0  # seconds that files wait for others to be confirmed with
LOOK = 0.1  # seconds between two looks at the attempt
LEAVE = 3.0  # seconds in which, after a stop, what has arrived is still confirmed

log = logging.getLogger(__name__)

MakeCarrier = Callable[[Arrived], Carrier]


class Preload:
    """The preload of one attempt; call it once."""

    def __init__(
        self,
        lookup: Lookup,
        workers: Workers,
        roster: Roster,
        options: MoveOptions,
        run: Run,
        make_carrier: MakeCarrier,
        seen: Seen,
    ) -> None:
        self._seen = seen
        self._roster = roster
        self._options = options
        self._run = run
        self._lookup = lookup
        self._confirming = Confirming(self._lookup, workers, roster, options.tier)
        self._answered: Waiting[Arriving] = Waiting()
        self._results: SimpleQueue[Moved | BaseException | _End] = SimpleQueue()
        self._slots = threading.BoundedSemaphore(FILES)
        self._leaving = threading.Event()
        self._began = self._ended = 0
        self._all_begun = False
        self._carried: set[Arriving] = set()  # given to the carrier, not answered for
        self._carrier = make_carrier(self._arrived)

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield what became of each entry, in the order in which they end."""
        for work in (lambda: self._look_up(entries), self._confirm):
            threading.Thread(target=self._guarded, args=(work,), name="preload", daemon=True).start()
        try:
            yield from self._collect()
        finally:
            self._leaving.set()
            self._carrier.leave()
            self._confirming.close()
            if self._confirming.repaired:
                log.info("repaired: %d orphaned blocks were removed and loaded again", self._confirming.repaired)

    def _collect(self) -> Iterator[Moved]:
        """Yield results until all have come, or until the attempt must leave and what is under way has ended."""
        deadline = float("inf")
        while time.monotonic() < deadline and not (self._all_begun and self._ended == self._began):
            self._carrier.tick()
            try:
                result = self._results.get(timeout=LOOK)
            except Empty:
                result = None
            if isinstance(result, BaseException):
                raise result
            if isinstance(result, _End):
                return
            if result is not None:
                self._ended += 1
                self._slots.release()
                yield self._checked(result)
            if deadline == float("inf") and self._run.stopping():
                self._carrier.leave()
                self._leaving.set()
                deadline = time.monotonic() + LEAVE

    def _checked(self, moved: Moved) -> Moved:
        """Raise what ends the whole job."""
        error = moved.error
        goes_on = isinstance(error, CacheFull) and self._options.if_full == "partial"
        if isinstance(error, EngineError) and error.scope is Scope.JOB and not goes_on:
            raise error
        return moved

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._results.put(error)

    def _look_up(self, entries: Iterable[Entry]) -> None:
        for batch in batches(entries):
            found: dict[str, Status | None] = {entry.path: self._seen.take(entry.path) for entry in batch}
            found |= self._lookup.statuses([path for path, status in found.items() if status is None])
            for entry in batch:
                while not self._slots.acquire(timeout=LOOK):
                    if self._leaving.is_set() or self._run.stopping():
                        return
                if self._run.stopping():
                    return
                self._began += 1
                self._begin(entry, found[entry.path])
        self._all_begun = True
        self._answered.wake()

    def _begin(self, entry: Entry, status: Status | None) -> None:
        status = status or self._lookup.afresh(entry.path)
        error = _unfit(entry.path, status)
        if status is None or error is not None:
            self._results.put(Moved(entry, Outcome.FAILED, error=error))
            return
        missing = [block for block in status.blocks if self._roster.best(block.locations) is None]
        if status.persistence is not Persistence.PERSISTED:
            if missing:
                error = Lost(f"{entry.path} is not saved, and {len(missing)} of its blocks are on no worker")
                self._results.put(Moved(entry, Outcome.FAILED, error=error))
            else:
                self._results.put(Moved(entry, Outcome.SKIPPED, status.length))
            return
        file = Arriving(entry, status)
        if not status.length:  # Alluxio calls it cached from the first
            self._results.put(Moved(entry, Outcome.DONE))
        elif missing:
            self._carry(file, missing)
        elif self._is_placed(status):
            self._results.put(Moved(entry, Outcome.SKIPPED, status.length, self._options.tier))
        else:
            self._answered.put(file)

    def _is_placed(self, status: Status) -> bool:
        """Tell whether a cached file lies on the tier that was asked for."""
        best = (self._roster.best(block.locations) for block in status.blocks)
        return self._options.tier is None or all(each is not None and each.tier == self._options.tier for each in best)

    def _carry(self, file: Arriving, blocks: Sequence[Block]) -> None:
        self._carried.add(file)
        self._carrier.carry(file, blocks)

    def _arrived(self, file: Arriving) -> None:
        self._carried.discard(file)
        self._answered.put(file)

    def _more_can_come(self) -> bool:
        """Tell whether files are under way that could be confirmed with those that have arrived."""
        return not self._leaving.is_set() and bool(self._carried or not self._all_begun)

    def _confirm(self) -> None:
        while True:
            leaving = self._leaving.is_set()
            files = self._answered.take(CONFIRMED, GATHER, LOOK, self._more_can_come)
            if not files:
                if leaving:
                    self._results.put(_End())
                    return
                continue
            arrived = []
            for file in files:
                if file.again:
                    blocks, file.again = file.again, ()
                    self._carry(file, blocks)
                elif file.error is None:
                    arrived.append(file)
                else:
                    self._results.put(Moved(file.entry, Outcome.FAILED, tries=file.tries, error=self._why(file)))
            for verdict in self._confirming.verdicts(arrived) if arrived else ():
                self._act(verdict)

    def _act(self, verdict: Verdict) -> None:
        file = verdict.file
        if verdict.next is Next.LOOK_AGAIN:
            self._answered.put(file, HEARTBEATS)
        elif verdict.next is Next.LOAD_AGAIN:
            self._answered.put(file, verdict.pause)
        elif verdict.next is Next.FAILED:
            file.error = verdict.error
            self._results.put(Moved(file.entry, Outcome.FAILED, tries=file.tries, error=self._why(file)))
        else:
            size = file.status.length
            self._results.put(Moved(file.entry, Outcome.DONE, size, verdict.tier, file.tries))

    def _why(self, file: Arriving) -> Exception | None:
        """Return the reason of a failed load; the bucket is asked whether the file is still what was listed."""
        if isinstance(file.error, EngineError) and file.error.scope is Scope.JOB:
            return file.error
        now = self._lookup.afresh(file.entry.path)
        if now is None:
            return Gone(f"{file.entry.path} is not in the bucket any more")
        if now.changed_since(file.status):
            return SourceChanged(f"{file.entry.path} changed in the bucket while it was loaded")
        return file.error


class _End:
    """Nothing more will come: the attempt leaves."""


def _unfit(path: str, status: Status | None) -> EngineError | None:
    """Return why a file can't be loaded at all."""
    if status is None:
        return Gone(f"{path} is neither in the bucket nor in the cache")
    if status.persistence is Persistence.LOST:
        return Lost(f"{path} was lost before it was saved")
    return None
