"""Brings cached files into their buckets in two ways at once: many small files, each by one PUT, the rest in threads.

Used in the job process. The thread that reads the results reads and sends the small files. If a file needs another
look, or a PUT fails, a thread uploads the file: it looks at the object, tries again, and reports the error.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from avio.engines.base import Entry, EntryState, Moved
from avio.engines.cancel import Stopped, check_cancelled
from avio.engines.content import Content
from avio.engines.local.buckets.multiput import Answer, MultiPut
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.mounts import Mounts
from avio.engines.local.store_gate import StoreGate
from avio.engines.local.transfer.entry_supply import EntrySupply
from avio.engines.local.transfer.outgoing import SMALL_BYTES, Outgoing, OutgoingFiles
from avio.engines.local.transfer.partial_bytes import PartialBytes
from avio.engines.local.transfer.request_flow import MAX_TRIES, RequestFlow
from avio.engines.local.transfer.sent import Sent
from avio.engines.local.transfer.thread_side import ThreadSide
from avio.engines.local.transfer.upload import Upload
from avio.engines.local.workers import POLL_SECONDS
from avio.engines.run import Run
from avio.errors import EngineError, Scope
from avio.faults import fault
from avio.wire.results import Outcome

new = tuple.__new__


class BulkUpload:
    """One stream of uploads. Memory: that of `RequestFlow`, and a connection for each file that is under way.

    `puts` has the connections of the engine's earlier calls.
    """

    def __init__(
        self, mounts: Mounts, upload: Upload, outgoing: OutgoingFiles, puts: MultiPut[Outgoing], sent: Sent, run: Run
    ) -> None:
        self._gate = StoreGate(mounts.answers, run)
        self._mounts = mounts
        self._upload = upload
        self._outgoing = outgoing
        self._run = run
        self._again: deque[Outgoing] = deque()  # what the store has refused
        self._flow = RequestFlow(run)
        self._threads = ThreadSide(upload.run, run, self._gate)
        self._puts = puts
        self._bytes = PartialBytes(run, puts)
        self._sent = sent
        self._held: Entry | None = None  # a file that waits for the end of the lesson
        self._has_begun = False
        self._left = 0  # bytes that have left since the run was told
        self._lesson: tuple[str, StoreFacts] | None = None  # the path of the upload that tells what its store does

    def run(self, supply: EntrySupply) -> Iterator[Sequence[Moved]]:
        """Yield the outcome of each entry of `supply`, some at a time. Stop early after the attempt must stop."""
        try:
            with suppress(Stopped):
                yield from self._send(supply)
            yield from ([moved] for moved in self._threads.results())
        finally:
            self._puts.abort()
            self._bytes.show()
            self._threads.stop()

    def _send(self, supply: EntrySupply) -> Iterator[Sequence[Moved]]:
        while self._puts.live or self._again or self._held or not supply.ended:
            check_cancelled(self._run)
            free = self._fill(supply)
            self._flow.filled()
            ended = self._puts.poll(POLL_SECONDS if self._puts.live or self._must_wait or not free else 0)
            self._learn(ended)
            moved = [moved for outgoing, answer in ended if (moved := self._end(outgoing, answer)) is not None]
            self._bytes.show(sum([each.bytes for each in moved]))
            if moved:
                self._gate.succeeded(len(moved))
                yield moved
            for each in self._threads.ready():
                if self._lesson is not None and self._lesson[0] == each.entry.path:
                    self._lesson = None
                yield [each]

    def _fill(self, supply: EntrySupply) -> int:
        """Begin as many uploads as may be under way, and are there. Return how many more might have begun."""
        patience = 0 if self._puts.live else POLL_SECONDS
        free = 0 if self._threads.must_wait else self._flow.free(beside=self._threads.under_way)
        supply.want(self._flow.most)
        for _ in range(free):
            if self._must_wait:
                break
            if self._again:
                self._put(self._again.popleft())
                continue
            entry = self._held or supply.take(patience)
            if entry is None:
                break
            patience = 0
            if not self._begin(entry) and self._threads.must_wait:
                break
        return free

    def _learn(self, ended: list[tuple[Outgoing, Answer]]) -> None:
        """Tell the run what has left, and let the number of PUTs follow what the store bears."""
        if self._left:
            self._run.moved(self._left)
            self._left = 0
        sizes = [outgoing.copy.size for outgoing, answer in ended if answer.good]
        refusals = [answer.pause for _, answer in ended if answer.is_refusal] if len(sizes) < len(ended) else []
        self._flow.learn(sizes, len(refusals), max(refusals, default=0.0), self._puts.take_waited())

    @property
    def _must_wait(self) -> bool:
        if self._lesson is not None and (self._lesson[1].all_wait or (self._held and self._lesson[1].undecided)):
            return True
        return self._flow.must_wait

    def _begin(self, entry: Entry) -> bool:
        """Send the file of `entry`, or give it to a thread and return False; or hold it while a lesson may tell."""
        self._held = None
        try:
            outgoing = self._outgoing.read(entry)
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            outgoing = None  # a thread tries again
        if outgoing is None:
            if self._waits_for_lesson(entry):
                self._held = entry
            else:
                self._threads.give(entry)
            return False
        fault("upload.marked")
        if not self._has_begun and outgoing.bucket.facts is not None:
            self._has_begun = True
            self._flow.expect(outgoing.bucket.facts.reply_seconds)
        self._put(outgoing)
        return True

    def _put(self, outgoing: Outgoing) -> None:
        self._flow.begin(outgoing.copy.size)
        self._puts.add(outgoing.place, outgoing.put, outgoing, self._leaves)

    def _leaves(self, size: int) -> None:
        self._left += size

    def _waits_for_lesson(self, entry: Entry) -> bool:
        """Return True if a lesson may tell how to upload this file. Otherwise its own upload may be one: begin it."""
        mount = self._mounts.find(entry.path)
        facts = mount.bucket.facts
        may_tell = entry.state is not EntryState.CONFLICT and (entry.size or 0) <= SMALL_BYTES
        if facts is None or not facts.undecided or not may_tell or mount.bucket.place is None:
            return False
        if self._lesson is None and facts.begin_lesson(mount.key(entry.path)):
            self._lesson = entry.path, facts
            return False
        return self._lesson is not None and self._lesson[1] is facts

    def _end(self, outgoing: Outgoing, answer: Answer) -> Moved | None:
        """Return the outcome of a file that was sent. None: it is sent again, or a thread looks at it."""
        entry, copy, stamp, stamped_ns, bucket, _, put, tries = outgoing
        self._flow.end(copy.size)
        if answer.good and answer.etag == stamp.etag:
            fault("upload.answered")
            if stamped_ns is not None:
                self._sent.add(entry.path, stamp, stamped_ns)
            return new(Moved, (entry, Outcome.DONE, copy.size, copy.tier.alias, 1, None, Content.UNKNOWN))
        self._upload.doubt(entry.path, copy, answer, sent_md5=put.sends_md5)
        if answer.is_refusal and tries < MAX_TRIES:
            self._again.append(outgoing._replace(tries=tries + 1))
            return None
        if answer.good and bucket.facts is not None:
            bucket.facts.learn_digests(true=False)
        self._threads.give(entry)
        return None
