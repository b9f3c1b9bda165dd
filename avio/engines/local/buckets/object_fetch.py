"""Fetches one object, in as many GETs as the line needs, all of the version that was listed; a large one in ranges.

Used in the job process, by several threads at once.
"""

import os
from collections.abc import Sequence

from avio.engines.cancel import check_cancelled
from avio.engines.content import Content
from avio.engines.local.buckets.base import Fetched, Source, Span, Spread
from avio.engines.local.buckets.checksums import Checksum
from avio.engines.local.buckets.content_proof import Proof, outweighs, proof_by
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.ranged_fetch import LARGE_BYTES, RangedFetch
from avio.engines.local.buckets.spans import SPREAD_BYTES, ReadBack, WholeSpans
from avio.engines.local.buckets.store_calls import Head, StoreCalls
from avio.engines.local.buckets.versions import require_version
from avio.engines.run import Run
from avio.errors import Corrupt, Damaged

SEGMENT_BYTES = 32 << 20  # bytes of one ranged GET
NO_DIGESTS = "if all files of the bucket fail so, its ETags are no MD5s: set the option etag of its mount to opaque"


class ObjectFetch:
    """One fetch of `source`, called `name` in errors, into the open file `target`.

    Without `prove` no bytes are compared; with it, by `proof`, which its ETag gives, or by a checksum. `spread` fetches
    a very large one.
    """

    def __init__(
        self,
        calls: StoreCalls,
        name: str,
        source: Source,
        target: int,
        run: Run,
        lanes: Lanes,
        proof: Proof | None,
        *,
        prove: bool,
        spread: Spread | None = None,
    ) -> None:
        self._spread = spread
        self._calls = calls
        self._lanes = lanes
        self._name = name
        self._source = source
        self._target = target
        self._run = run
        self._prove = prove
        self._proof = proof if prove else None
        self._by_etag = True
        self._pieces = Pieces(name, target, 0, source.size, run, run.stopping, self._show)

    def run(self) -> Fetched:
        """Write all bytes; return the source. A GET that ends early is continued if it brought any bytes.

        Raises OtherVersion before it takes bytes of another version, Corrupt when bytes are missing, Damaged when they
        are not those of the checksum or ETag, EngineAway, Gone.
        """
        if self._prove and self._source.size > SEGMENT_BYTES:  # the replies to its ranges tell no checksum
            self._use(self._calls.checksum(self._source, needed=self._proof is None or self._proof.is_guess))
        if self._source.size >= LARGE_BYTES:
            os.ftruncate(self._target, self._source.size)
            if self._spread is not None and self._source.size >= SPREAD_BYTES:
                return self._by_processes(self._spread)
            return self._in_ranges()
        self._pieces.fill(self._get, self._source.size)
        return self._proved()

    def _in_ranges(self) -> Fetched:
        fetch = RangedFetch(
            self._calls,
            self._source,
            Span(0, self._source.size),
            self._target,
            self._check,
            self._name,
            self._lanes,
            self._run,
        )
        fetch.run(self._proof)
        return self._proved()

    def _by_processes(self, spread: Spread) -> Fetched:
        whole = WholeSpans(0)
        back = ReadBack(self._name, self._target, self._proof, self._run) if self._proof is not None else None
        for span, may_differ in spread(self._source):
            whole.add(span)
            self._learn(may_differ=may_differ)
            if back is not None and self._proof is not None:
                back.show(whole.end)
        check_cancelled(self._run)
        if whole.end < self._source.size:
            raise Corrupt(f"{self._name}: received {whole.end} of {self._source.size} bytes")
        return self._proved()

    def _get(self) -> None:
        begin, size = self._pieces.place, self._source.size
        whole = not begin and size <= SEGMENT_BYTES
        span = None if whole else (begin, min(begin + SEGMENT_BYTES, size))
        self._calls.fill(self._source.key, span, self._check, self._pieces)

    def _use(self, checksum: Checksum | None) -> None:
        """Prove the bytes by `checksum`, if there is one that tells as much as the ETag: it costs less than an MD5."""
        if checksum is not None and self._prove and (not self._by_etag or outweighs(checksum, self._proof)):
            self._proof, self._by_etag = proof_by(checksum), False

    def _learn(self, *, may_differ: bool) -> None:
        """Prove nothing by an ETag that may be that of other bytes."""
        if may_differ and self._by_etag:
            self._proof = None

    def _proved(self) -> Fetched:
        if not self._prove:
            return Fetched(self._source)
        content = self._proof.verdict() if self._proof is not None else Content.UNPROVED
        if content is None:
            assert self._proof is not None  # or nothing was compared
            cure = f"{Damaged.cure}; {NO_DIGESTS}" if self._by_etag else None
            raise Damaged(f"{self._name}: the bytes that came are not those of its {self._proof.of}", cure=cure)
        return Fetched(self._source, content)

    def _check(self, head: Head) -> None:
        require_version(self._name, head.source, head.kind, self._source)
        self._learn(may_differ=head.may_differ)
        if not self._pieces.place:
            self._use(head.checksum)

    def _show(self, chunks: Sequence[memoryview | bytes]) -> None:
        if self._proof is not None:
            for chunk in chunks:
                self._proof.update(chunk)
