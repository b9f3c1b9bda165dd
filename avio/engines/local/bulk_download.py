"""Brings files into the cache in two ways at once: many small S3 objects at a time, all other files in threads.

Used in the job process. The thread that reads the results fetches the small objects and puts them in place. If this
fails for an object, the threads fetch it: they try again, and report the error.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from avio.engines import cancel
from avio.engines.base import Entry, Moved
from avio.engines.cancel import Stopped, check_cancelled
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.local.download import Download, Wanted
from avio.engines.local.kernel_copy import write_all
from avio.engines.local.mounts import Mounts
from avio.engines.local.store_gate import StoreGate
from avio.engines.local.workers import MAX_BACKLOG, POLL_SECONDS, Workers, retried
from avio.engines.run import Run
from avio.errors import EngineError, Scope

log = logging.getLogger(__name__)

SMALL_BYTES = 1 << 20
GETS_PER_THREAD = 4  # small objects, for each thread that the order allows
MAX_GETS = 128  # at a time in all: each is a connection


class BulkDownload:
    """One stream of downloads. Memory: SMALL_BYTES for each object that is under way, MAX_GETS of them."""

    def __init__(self, mounts: Mounts, download: Download, threads: int, run: Run) -> None:
        self._gate = StoreGate(mounts.answers, run)
        self._mounts = mounts
        self._download = download
        self._run = run
        self._width = min(GETS_PER_THREAD * threads, MAX_GETS)
        self._thread_entries = _EntryQueue(run)
        self._workers = Workers(iter(self._thread_entries), retried(download.run, run, self._gate), threads, run)
        self._gets: MultiGet[Wanted] = MultiGet()
        self._given_up = False

    def run(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield the outcome of each entry. Stop early after the attempt must stop."""
        try:
            with suppress(Stopped):
                yield from self._fetch(iter(entries))
            self._thread_entries.close()
            yield from self._workers.results()
        finally:
            self._gets.close()
            self._thread_entries.close()
            self._workers.stop()

    def _fetch(self, entries: Iterator[Entry]) -> Iterator[Moved]:
        more = True
        while more or self._gets.live:
            check_cancelled(self._run)
            for _ in range(self._width - self._gets.live):
                if self._must_wait:
                    break
                entry = next(entries, None)  # waits for the lister; running GETs wait in their sockets
                if entry is None:
                    more = False
                    break
                yield from self._begin(entry)
            for wanted, body in self._gets.poll(POLL_SECONDS if self._gets.live or self._must_wait else 0):
                yield from self._end(wanted, body)
            yield from self._workers.ready()

    @property
    def _must_wait(self) -> bool:
        return self._thread_entries.full or self._gate.closed

    def _begin(self, entry: Entry) -> Iterator[Moved]:
        place = self._mounts.find(entry.path).bucket.place
        if place is None or not entry.token or (entry.size or 0) > SMALL_BYTES or self._has_given_up():
            self._thread_entries.give(entry)
            return
        try:
            wanted = self._download.wanted(entry)
        except EngineError as error:
            self._leave_to_threads(entry, error)
            return
        if isinstance(wanted, Moved):
            yield wanted
        else:
            self._gets.add(place, wanted.source, wanted)

    def _end(self, wanted: Wanted, body: bytes | None) -> Iterator[Moved]:
        if body is None:
            self._thread_entries.give(wanted.entry)
            return
        self._run.moved(len(body))
        self._gate.succeeded()
        try:
            yield self._download.bring(wanted, partial(_write, body, wanted.source))
        except EngineError as error:
            self._leave_to_threads(wanted.entry, error)

    def _has_given_up(self) -> bool:
        """Return True if the fast way does not work. Log that once."""
        if self._gets.hopeless and not self._given_up:
            self._given_up = True
            log.warning("threads fetch the small objects one by one: %s", self._gets.failure)
        return self._given_up

    def _leave_to_threads(self, entry: Entry, error: EngineError) -> None:
        if error.scope is Scope.JOB:
            raise error
        self._thread_entries.give(entry)


def _write(body: bytes, source: Source, target: int) -> Source:
    write_all(target, body)
    return source


class _EntryQueue:
    """The queue of entries for the threads, until it is closed."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()

    @property
    def full(self) -> bool:
        return self._queue.qsize() >= MAX_BACKLOG

    def give(self, entry: Entry) -> None:
        self._queue.put(entry)

    def close(self) -> None:
        self._queue.put(None)

    def __iter__(self) -> Iterator[Entry]:
        while True:
            check_cancelled(self._run)
            try:
                entry = self._queue.get(timeout=cancel.POLL_SECONDS)
            except Empty:
                continue
            if entry is None:
                return
            yield entry
