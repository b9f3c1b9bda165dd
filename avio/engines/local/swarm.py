"""Brings files into the cache by two ways at once: small objects of S3 many at a time, all others in threads.

Used in the job process. The small ones are fetched and put in place by the thread that reads the results; one that
can't be had this way goes to the threads, which try again and say why.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from avio.engines.base import Entry, Moved, Run
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.multiget import MultiGet
from avio.engines.local.copying import write_all
from avio.engines.local.download import Download, Wanted
from avio.engines.local.mounts import Mounts
from avio.engines.local.stopping import Stopped, go_on
from avio.engines.local.transfer import BACKLOG, LOOK, TICK, Crew, persisting
from avio.errors import EngineError, Scope

log = logging.getLogger(__name__)

SMALL = 1 << 20  # bytes
AT_A_TIME = 4  # small objects, for each thread that the order allows
MOST = 128  # at a time in all: each is a connection


class Swarm:
    """One stream of downloads. Memory: SMALL bytes for each object that is under way, MOST of them."""

    def __init__(self, mounts: Mounts, download: Download, threads: int, run: Run) -> None:
        self._mounts = mounts
        self._download = download
        self._run = run
        self._width = min(AT_A_TIME * threads, MOST)
        self._rest = _Rest(run)
        self._crew = Crew(iter(self._rest), persisting(download, run), threads, run)
        self._gets: MultiGet[Wanted] = MultiGet()
        self._closed = False

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Moved]:
        """Yield what became of each entry; stop early once the attempt must leave."""
        try:
            with suppress(Stopped):
                yield from self._fetch(iter(entries))
            self._rest.close()
            yield from self._crew.results()
        finally:
            self._gets.close()
            self._rest.close()
            self._crew.leave()

    def _fetch(self, entries: Iterator[Entry]) -> Iterator[Moved]:
        more = True
        while more or self._gets.live:
            go_on(self._run)
            for _ in range(self._width - self._gets.live):
                if self._rest.full:
                    break
                entry = next(entries, None)  # waits for the lister; what is under way then waits in its sockets
                if entry is None:
                    more = False
                    break
                yield from self._begin(entry)
            for wanted, body in self._gets.poll(TICK if self._gets.live or self._rest.full else 0):
                yield from self._end(wanted, body)
            yield from self._crew.ready()

    def _begin(self, entry: Entry) -> Iterator[Moved]:
        access = self._mounts.find(entry.path).bucket.access
        if access is None or not entry.token or (entry.size or 0) > SMALL or self._is_closed():
            self._rest.give(entry)
            return
        try:
            wanted = self._download.wanted(entry)
        except EngineError as error:
            self._leave(entry, error)
            return
        if isinstance(wanted, Moved):
            yield wanted
        else:
            self._gets.add(access, wanted.source, wanted)

    def _end(self, wanted: Wanted, body: bytes | None) -> Iterator[Moved]:
        if body is None:
            self._rest.give(wanted.entry)
            return
        self._run.moved(len(body))
        try:
            yield self._download.bring(wanted, partial(_write, body, wanted.source))
        except EngineError as error:
            self._leave(wanted.entry, error)

    def _is_closed(self) -> bool:
        """Tell whether the quick way is to be left alone, and say so once."""
        if self._gets.hopeless and not self._closed:
            self._closed = True
            log.warning("small objects are fetched by threads, one by one", extra={"reason": self._gets.failure})
        return self._closed

    def _leave(self, entry: Entry, error: EngineError) -> None:
        if error.scope is Scope.JOB:
            raise error
        self._rest.give(entry)


def _write(body: bytes, source: Source, target: int) -> Source:
    write_all(target, body)
    return source


class _Rest:
    """The entries that the threads are given, until it is closed."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()

    @property
    def full(self) -> bool:
        return self._queue.qsize() >= BACKLOG

    def give(self, entry: Entry) -> None:
        self._queue.put(entry)

    def close(self) -> None:
        self._queue.put(None)

    def __iter__(self) -> Iterator[Entry]:
        while True:
            go_on(self._run)
            try:
                entry = self._queue.get(timeout=LOOK)
            except Empty:
                continue
            if entry is None:
                return
            yield entry
