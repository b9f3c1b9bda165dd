"""A free job: list the cached files at a path, drop them, ask the engine what is left.

Runs in the job process. It drops nothing if one of the files is not saved.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from avio.engines.base import Entry, EntryState, Side
from avio.engines.left_out import Unreadable
from avio.errors import EngineAway, EngineError, IsDirectory, PathNotFound, Scope, Unsaved
from avio.executor.left_out import counting
from avio.executor.seen import Seen
from avio.executor.verifier import Verified
from avio.executor.work import Work
from avio.executor.worklist import WORKLIST_NAME, Worklist
from avio.wire.params import Params
from avio.wire.results import Outcome
from avio.wire.states import Phase

# Seconds that a cache may take to drop files, and seconds between two checks.
FOLLOW_SECONDS = 60.0
LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


class StillCached(EngineError):
    """The cache still has a file that it should have dropped."""

    scope = Scope.RETRY
    reason = "STILL_CACHED"
    cure = "something reads or pins the file: find it, then retry the job"


def free(work: Work) -> Verified:
    """Do a free job and return the dropped files. Raises Stopped, Unsaved, and errors that end the whole job."""
    return Free(work).run()


class Free:
    """One free, from listing to verdict. Without depth it takes a whole tree; with depth 0, a file alone.

    It keeps the listing while the cache is unavailable, so that files dropped before count, too.
    """

    def __init__(self, work: Work) -> None:
        self._engine, self._attempt, self._reporter = work.engine, work.attempt, work.reporter
        self._directory = work.directory
        self._path = work.order.params.path
        self._left_out = counting(work, excuse=lambda left: left.reason != Unreadable.reason)
        self._recursive = work.order.params.depth is None
        self._gone = 0
        self._patience = work.patience()

    def run(self) -> Verified:
        """Do the work and return the dropped files. Raises Stopped, Unsaved, and errors that end the whole job."""
        with self._engine.freeing(self._path):
            return self._free()

    def _free(self) -> Verified:
        worklist = Worklist(self._directory / WORKLIST_NAME)
        try:
            self._list_patiently(worklist)
        finally:
            worklist.close()
        if worklist.failed is not None:
            raise worklist.failed
        self._attempt.listed_all()
        self._attempt.begin(Phase.TRANSFERRING)
        try:
            self._patience.call(self._drop)
        except EngineAway:
            raise
        except EngineError:
            self._settle(worklist)
            raise
        self._attempt.begin(Phase.VERIFYING)
        self._wait_until_gone()
        return self._settle(worklist)

    def _drop(self) -> None:
        """Drop what is cached; after the store was unavailable, what is still cached."""
        for dropped in self._engine.drop(self._path):
            self._attempt.arrived(dropped.cached_bytes or 0, skipped=False)
            self._attempt.raise_if_stopping()

    def _list_patiently(self, worklist: Worklist) -> None:
        """List the files, from the beginning after the store was unavailable, each once."""
        seen: Seen | None = None
        while True:
            try:
                return self._list(worklist, seen)
            except EngineAway as error:
                self._patience.wait(error, self._attempt.progress().counters.files_total)
                seen = seen or Seen(self._directory / "seen", worklist.written())

    def _list(self, worklist: Worklist, seen: Seen | None) -> None:
        for entry in self._engine.walk(self._path, depth=None, side=Side.CACHE, left_out=self._left_out):
            self._attempt.raise_if_stopping()
            if entry.path != self._path and not self._recursive:
                raise IsDirectory(f"{self._path} is a directory")
            now = entry if entry.may_go else self._look_again(entry)
            if not now.may_go:
                raise Unsaved(f"{entry.path} is not saved; nothing was freed")
            if seen is not None and not seen.add(entry.path):  # only what has been judged
                continue
            self._gone += now.state is EntryState.GONE
            size = entry.cached_bytes or 0
            self._attempt.listed(size)
            worklist.append(replace(entry, size=size), move=False)

    def _look_again(self, entry: Entry) -> Entry:
        """Return `entry` as it is now. This takes all the time that it needs: a walk compares no large files."""
        unsure = replace(entry, token=None)
        found = list(self._engine.recheck([unsure], Params(), self._attempt))
        self._attempt.raise_if_stopping()
        return found[0] if found else entry

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + FOLLOW_SECONDS
        while self._patience.call(self._still_cached) and time.monotonic() < deadline:
            self._attempt.pause(LOOK_SECONDS)

    def _still_cached(self) -> bool:
        return any(entry.may_go for entry in self._left())

    def _left(self) -> Iterator[Entry]:
        """Yield the files that are cached now. An unsaved file was written since the listing."""
        with suppress(PathNotFound):
            for entry in self._engine.walk(self._path, depth=None, side=Side.CACHE):
                self._attempt.checked()
                yield entry

    def _settle(self, worklist: Worklist) -> Verified:
        """Report each listed file, and count the dropped ones."""
        left = self._patience.call(lambda: {entry.path for entry in self._left()})
        files = size = 0
        for entry in worklist.entries():
            self._attempt.checked()
            if entry.path in left:
                self._reporter.failure(entry, StillCached("the cache still has the file"))
            else:
                self._reporter.outcome(entry, Outcome.DONE)
                files, size = files + 1, size + (entry.size or 0)
        self._attempt.settle(files, size)
        self._attempt.remark = f"{self._gone} of them had been deleted in the bucket" if self._gone else ""
        log.info("freed: %d files, %d bytes", files, size)
        return Verified(files, size)
