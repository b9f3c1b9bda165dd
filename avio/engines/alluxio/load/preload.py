"""One preload: looks files up, has a carrier load missing blocks, and confirms each file with the master.

Used in the job process. Three parallel stages (lookup, load, confirm) with a bounded number of files between
them.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue

from avio.engines.alluxio.clients.status import Block, Persistence, Status
from avio.engines.alluxio.clients.worker import Workers
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.carrier import Carrier, OnLoaded
from avio.engines.alluxio.load.confirm import LOOK_SECONDS, Confirmer, Next, Verdict
from avio.engines.alluxio.load.delay_queue import DelayQueue
from avio.engines.alluxio.view.listed_blocks import ListedBlocks
from avio.engines.alluxio.view.lookup import Lookup, batches
from avio.engines.alluxio.view.roster import Roster
from avio.engines.alluxio.view.savable import Lost
from avio.engines.base import Entry, Moved
from avio.engines.run import Run
from avio.errors import CacheFull, EngineError, Gone, Scope, SourceChanged
from avio.wire.params import Params
from avio.wire.results import Outcome

MAX_FILES = 5000  # files between the stages
CONFIRM_FILES = 1000  # files that are confirmed together, by few pages
GATHER_SECONDS = 1.0  # seconds that a file waits for others, to be confirmed together
POLL_SECONDS = 0.1  # seconds between two checks of the attempt
LEAVE_SECONDS = 3.0  # seconds after a stop during which loaded files are still confirmed

log = logging.getLogger(__name__)

MakeCarrier = Callable[[OnLoaded], Carrier]


class Preload:
    """The preload of one attempt. Call `run` once."""

    def __init__(
        self,
        lookup: Lookup,
        workers: Workers,
        roster: Roster,
        params: Params,
        run: Run,
        make_carrier: MakeCarrier,
        listed: ListedBlocks,
    ) -> None:
        self._listed = listed
        self._roster = roster
        self._params = params
        self._run = run
        self._lookup = lookup
        self._confirmer = Confirmer(self._lookup, workers, roster, params.tier)
        self._unconfirmed: DelayQueue[LoadingFile] = DelayQueue()
        self._results: SimpleQueue[Moved | BaseException | _End] = SimpleQueue()
        self._slots = threading.BoundedSemaphore(MAX_FILES)
        self._leaving = threading.Event()
        self._began = self._ended = 0
        self._all_begun = False
        self._carried: set[LoadingFile] = set()  # given to the carrier, without an answer
        self._carrier = make_carrier(self._on_loaded)

    def run(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield the outcome of each entry, in the order of their ends."""
        for work in (lambda: self._look_up(entries), self._confirm):
            threading.Thread(target=self._run_stage, args=(work,), name="preload", daemon=True).start()
        try:
            yield from self._collect()
        finally:
            self._leaving.set()
            self._carrier.stop()
            self._confirmer.close()
            if self._confirmer.repaired:
                log.info("repaired: removed %d orphaned blocks and loaded them again", self._confirmer.repaired)

    def _collect(self) -> Iterator[Moved]:
        """Yield results until all have arrived, or until the attempt must stop and running loads have ended."""
        deadline = float("inf")
        while time.monotonic() < deadline and not (self._all_begun and self._ended == self._began):
            self._carrier.tick()
            try:
                result = self._results.get(timeout=POLL_SECONDS)
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
                self._carrier.stop()
                self._leaving.set()
                deadline = time.monotonic() + LEAVE_SECONDS

    def _checked(self, moved: Moved) -> Moved:
        """Raise the error that ends the whole job."""
        error = moved.error
        goes_on = isinstance(error, CacheFull) and self._params.if_full == "partial"
        if isinstance(error, EngineError) and error.scope is Scope.JOB and not goes_on:
            raise error
        return moved

    def _run_stage(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._results.put(error)

    def _look_up(self, entries: Iterable[Entry]) -> None:
        for batch in batches(entries):
            found: dict[str, Status | None] = {entry.path: self._listed.take(entry) for entry in batch}
            found |= self._lookup.statuses([path for path, status in found.items() if status is None])
            for entry in batch:
                while not self._slots.acquire(timeout=POLL_SECONDS):
                    if self._leaving.is_set() or self._run.stopping():
                        return
                if self._run.stopping():
                    return
                self._began += 1
                self._begin(entry, found[entry.path])
        self._all_begun = True
        self._unconfirmed.wake()

    def _begin(self, entry: Entry, status: Status | None) -> None:
        status = status or self._lookup.afresh(entry.path)
        error = _unfit(entry.path, status)
        if status is None or error is not None:
            self._results.put(Moved(entry, Outcome.FAILED, error=error))
            return
        missing = [block for block in status.blocks if self._roster.best(block.locations) is None]
        if status.persistence is not Persistence.PERSISTED:
            if missing:
                error = Lost(f"{entry.path} is not saved, and no worker has {len(missing)} of its blocks")
                self._results.put(Moved(entry, Outcome.FAILED, error=error))
            else:
                self._results.put(Moved(entry, Outcome.SKIPPED, status.length))
            return
        file = LoadingFile(entry, status)
        if not status.length:  # Alluxio reports it as cached from the beginning
            self._results.put(Moved(entry, Outcome.DONE))
        elif missing:
            self._carry(file, missing)
        elif self._is_placed(status):
            self._results.put(Moved(entry, Outcome.SKIPPED, status.length, self._params.tier))
        else:
            self._unconfirmed.put(file)

    def _is_placed(self, status: Status) -> bool:
        """Return True if a cached file is on the requested tier."""
        best = (self._roster.best(block.locations) for block in status.blocks)
        return self._params.tier is None or all(each is not None and each.tier == self._params.tier for each in best)

    def _carry(self, file: LoadingFile, blocks: Sequence[Block]) -> None:
        self._carried.add(file)
        self._carrier.carry(file, blocks)

    def _on_loaded(self, file: LoadingFile) -> None:
        self._carried.discard(file)
        self._unconfirmed.put(file)

    def _more_can_come(self) -> bool:
        """Return True if files in flight could be confirmed together with the loaded ones."""
        return not self._leaving.is_set() and bool(self._carried or not self._all_begun)

    def _confirm(self) -> None:
        while True:
            leaving = self._leaving.is_set()
            files = self._unconfirmed.take(CONFIRM_FILES, GATHER_SECONDS, POLL_SECONDS, self._more_can_come)
            if not files:
                if leaving:
                    self._results.put(_End())
                    return
                continue
            loaded = []
            for file in files:
                if file.to_reload:
                    blocks, file.to_reload = file.to_reload, ()
                    self._settle(file, max(0, file.come - sum(block.length for block in blocks)))
                    self._carry(file, blocks)
                elif file.error is None:
                    loaded.append(file)
                else:
                    self._fail(file)
            for verdict in self._confirmer.verdicts(loaded) if loaded else ():
                self._act(verdict)

    def _act(self, verdict: Verdict) -> None:
        file = verdict.file
        if verdict.next is Next.LOOK_AGAIN:
            self._unconfirmed.put(file, LOOK_SECONDS)
        elif verdict.next is Next.LOAD_AGAIN:
            self._unconfirmed.put(file, verdict.pause)
        elif verdict.next is Next.FAILED:
            file.error = verdict.error
            self._fail(file)
        else:
            size = file.status.length
            self._settle(file, size)
            self._results.put(Moved(file.entry, Outcome.DONE, size, verdict.tier, file.tries))

    def _fail(self, file: LoadingFile) -> None:
        self._settle(file, 0)
        self._results.put(Moved(file.entry, Outcome.FAILED, tries=file.tries, error=self._why(file)))

    def _settle(self, file: LoadingFile, size: int) -> None:
        """Tell the run that `size` bytes of a file have come: all of one in place, none of one that failed."""
        self._run.advanced(size - file.come)
        file.come = size

    def _why(self, file: LoadingFile) -> Exception | None:
        """Return the reason of a failed load. Ask the bucket whether the file is still as listed."""
        if isinstance(file.error, EngineError) and file.error.scope is Scope.JOB:
            return file.error
        now = self._lookup.afresh(file.entry.path)
        if now is None:
            return Gone(f"{file.entry.path} is no longer in the bucket")
        if now.changed_since(file.status):
            return SourceChanged(f"{file.entry.path} changed in the bucket while it was loaded")
        return file.error


class _End:
    """The attempt stops: no more files will come."""


def _unfit(path: str, status: Status | None) -> EngineError | None:
    """Return why a file can't be loaded at all."""
    if status is None:
        return Gone(f"{path} is neither in the bucket nor in the cache")
    if status.persistence is Persistence.LOST:
        return Lost(f"{path} was lost before it was saved")
    return None
