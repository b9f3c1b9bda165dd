"""Brings files into the cache in two ways at once: many small S3 objects at a time, all other files in threads.

Used in the job process. The thread that reads the results fetches the small objects and puts them in place. If this
fails for an object, the threads fetch it: they try again, and report the error.
"""

import logging
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from avio.engines.base import Entry, Moved
from avio.engines.cancel import Stopped, check_cancelled
from avio.engines.content import Content
from avio.engines.local.buckets.base import Fetched, Source
from avio.engines.local.buckets.multiget import Body, MultiGet
from avio.engines.local.kernel_copy import write_all
from avio.engines.local.mounts import Mounts
from avio.engines.local.scratch import Temporary
from avio.engines.local.store_gate import StoreGate
from avio.engines.local.tiers import TierDirectory
from avio.engines.local.transfer.download import Download
from avio.engines.local.transfer.entry_supply import EntrySupply
from avio.engines.local.transfer.new_files import NewFiles
from avio.engines.local.transfer.partial_bytes import PartialBytes
from avio.engines.local.transfer.request_flow import MAX_TRIES, SMALL_BYTES, RequestFlow
from avio.engines.local.transfer.thread_side import ThreadSide
from avio.engines.local.transfer.wanted import Wanted
from avio.engines.local.workers import POLL_SECONDS
from avio.engines.run import Run
from avio.errors import EngineError, Scope
from avio.wire.results import Outcome

log = logging.getLogger(__name__)


class _Try(NamedTuple):
    """A GET of an object, and how many there were with it."""

    wanted: Wanted
    tries: int = 1


class BulkDownload:
    """One stream of downloads. Memory: that of `RequestFlow`, and a connection for each object that is under way.

    What is under way in both ways together is at most the `concurrency` of the run, if it has one.
    """

    def __init__(self, mounts: Mounts, download: Download, run: Run, new_files: NewFiles | None = None) -> None:
        """`new_files` brings what comes as planned, in a mover."""
        self._new_files = new_files
        self._gate = StoreGate(mounts.answers, run)
        self._mounts = mounts
        self._download = download
        self._run = run
        self._again: deque[_Try] = deque()  # what the store has refused
        self._flow = RequestFlow(run)
        self._threads = ThreadSide(download.run, run, self._gate)
        self._gets: MultiGet[_Try] = MultiGet(prove=download.proves)
        self._bytes = PartialBytes(run, self._gets)
        self._given_up = False
        self._whole = self._told = 0  # bytes of objects that have come whole; bytes that the run knows of

    def run(self, supply: EntrySupply) -> Generator[Sequence[Moved], None, None]:
        """Yield the outcome of each entry of `supply`, some at a time. Stop early after the attempt must stop."""
        try:
            with suppress(Stopped):
                yield from self._fetch(supply)
            yield from ([moved] for moved in self._threads.results())
        finally:
            self._gets.close()
            self._bytes.show()
            self._threads.stop()

    def _fetch(self, supply: EntrySupply) -> Iterator[Sequence[Moved]]:
        while self._gets.live or self._again or not supply.ended:
            check_cancelled(self._run)
            free = self._flow.free(beside=self._threads.under_way)
            supply.want(self._flow.most)
            patience = 0 if self._gets.live else POLL_SECONDS
            for _ in range(free):
                if self._must_wait:
                    break
                if self._again:
                    self._get(self._again.popleft())
                    continue
                entry = supply.take(patience)
                if entry is None:
                    break
                moved = self._begin(entry)
                if moved is not None:
                    yield [moved]
                patience = 0
            self._flow.filled()
            ended = self._gets.poll(POLL_SECONDS if self._gets.live or self._must_wait or not free else 0)
            refused, pause = self._gets.refused()
            sizes = [len(body.data) for _, body in ended if body is not None]
            self._flow.learn(sizes, len(refused), pause, self._gets.take_waited())
            for each in refused:
                self._try_again(each)
            yield from self._end(ended)
            yield from ([moved] for moved in self._threads.ready())

    @property
    def _must_wait(self) -> bool:
        return self._threads.must_wait or self._flow.must_wait

    def _try_again(self, refused: _Try) -> None:
        """Get a refused object again later, or leave it to a thread, which waits for the store."""
        wanted, tries = refused
        self._flow.refused(wanted.source.size)
        if tries < MAX_TRIES:
            self._again.append(_Try(wanted, tries + 1))
        else:
            self._threads.give(wanted.entry)

    def _get(self, one: _Try) -> None:
        bucket = one.wanted.mount.bucket
        place, facts = bucket.place, bucket.facts
        assert place is not None  # or it would not be here
        assert facts is not None
        self._flow.begin(one.wanted.source.size)
        self._gets.add(place, one.wanted.source, one, facts)

    def _begin(self, entry: Entry) -> Moved | None:
        """Begin to fetch a file. Return its outcome if there is nothing to do."""
        mount = self._mounts.find(entry.path)
        is_small = entry.token and (entry.size or 0) <= SMALL_BYTES
        if mount.bucket.place is None or not is_small or self._has_given_up():
            self._threads.give(entry)
            return None
        try:
            wanted = self._download.wanted(entry, mount)
        except EngineError as error:
            self._leave_to_threads(entry, error)
            return None
        if isinstance(wanted, Moved):
            return wanted
        self._get(_Try(wanted))
        return None

    def _end(self, gets: list[tuple[_Try, Body | None]]) -> Iterator[Sequence[Moved]]:
        """Put what has come in place. Yield the outcomes; the threads get the files that have none."""
        whole = []
        for (wanted, _), body in gets:
            self._flow.end(wanted.source.size)
            if body is not None and body.content is not None:
                whole.append((wanted, body))
                continue
            if body is not None:
                self._download.suspect(wanted)
            self._threads.give(wanted.entry)
        self._tell(
            sum([len(body.data) for _, body in whole]), sum([len(body.data) for _, body in gets if body is not None])
        )
        if not whole:
            return
        self._gate.succeeded(len(whole))
        if self._new_files is not None:
            moved, whole = self._new_files.bring(whole)
            yield moved
        if not whole:
            return
        outcomes = self._download.bring_all([(wanted, partial(_write, body, wanted.source)) for wanted, body in whole])
        yield [outcome for outcome in outcomes if isinstance(outcome, Moved)]
        for (wanted, body), outcome in zip(whole, outcomes, strict=True):
            if not isinstance(outcome, Moved) or outcome.outcome is not Outcome.DONE:
                self._run.advanced(-len(body.data))
            if isinstance(outcome, EngineError):
                self._leave_to_threads(wanted.entry, outcome)

    def _tell(self, whole: int, came: int) -> None:
        """Tell the run what has come: `whole` bytes of good objects, `came` in all.

        On the wire the bytes of a GET that failed stand for some that come later.
        """
        self._bytes.show(whole)
        self._whole += came
        if (crossed := self._whole + self._gets.partial) > self._told:  # else it may have stalled
            self._run.moved(crossed - self._told)
            self._told = crossed

    def _has_given_up(self) -> bool:
        """Return True if the fast way does not work. Log that once."""
        if self._gets.hopeless and not self._given_up:
            self._given_up = True
            log.warning("threads fetch the small objects one by one: %s", self._gets.failure)
        return self._given_up

    def _leave_to_threads(self, entry: Entry, error: EngineError) -> None:
        if error.scope is Scope.JOB:
            raise error
        self._threads.give(entry)


def _write(body: Body, source: Source, _tier: TierDirectory, target: Temporary) -> Fetched:
    write_all(target.fd, body.data)
    return Fetched(source, body.content or Content.UNKNOWN)
