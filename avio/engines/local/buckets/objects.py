"""A bucket of an object store: S3 and whatever else obstore opens.

Synchronous calls from threads only: the asyncio bridge costs twice as much, and aborted a process.
Used in web and the job process.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

from avio.engines.cancel import check_cancelled
from avio.engines.left_out import NameNotHeld
from avio.engines.local.buckets.base import Bucket, Fetched, Source, Span, Spread
from avio.engines.local.buckets.compared import has_bytes_of
from avio.engines.local.buckets.digest_check import compare
from avio.engines.local.buckets.etags import etag_of, is_digest, is_etag_of, may_be_sent
from avio.engines.local.buckets.lanes import Lanes
from avio.engines.local.buckets.listed_keys import find_keys
from avio.engines.local.buckets.multipart import end_upload
from avio.engines.local.buckets.object_fetch import NO_DIGESTS, ObjectFetch
from avio.engines.local.buckets.object_put import ABSENT, END_LIMIT_SECONDS, OTHER, ObjectPut, part_bytes
from avio.engines.local.buckets.obstore_listing import UNFIT, ObstoreListing
from avio.engines.local.buckets.obstore_objects import ObstoreObjects
from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.buckets.ranged_fetch import RangedFetch
from avio.engines.local.buckets.s3_list_xml import Row
from avio.engines.local.buckets.s3_listing import S3Listing
from avio.engines.local.buckets.s3_objects import S3Objects
from avio.engines.local.buckets.s3_place import S3Place, place_of
from avio.engines.local.buckets.shown_url import without_login
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.engines.local.buckets.store_calls import Head, StoreCalls
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.buckets.stores import StoreOpener, store_id
from avio.engines.local.buckets.versions import make_source, require_version, same_version
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.tree_walk import LAST, ignore
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import AccessDenied, Corrupt, EngineAway, EngineError, StoreError

PROBE_BYTES = 1 << 20  # of an upload that may tell what its store does

log = logging.getLogger(__name__)


class ObjectsBucket(Bucket):
    """The objects below `url`; `options` are obstore's own, by its names.

    Without `etags`, the ETags of the store are made from no bytes.
    """

    def __init__(self, url: str, options: dict[str, str], separator: str = "/", *, etags: bool = True) -> None:
        self.separator = separator
        self.url = url = url.rstrip("/")
        self._url = without_login(url)
        self.store = store_id(options)
        self._place = place_of(url, options)
        self._lanes = Lanes()
        self._facts = StoreFacts(self._url, etags=etags)
        self._obstore = ObstoreObjects(self._url, StoreOpener(url, options))
        self._calls: StoreCalls = self._obstore
        self._listing: S3Listing | ObstoreListing
        if self._place is not None:
            self._calls = S3Objects(self._place, self._url, self._facts)
            self._listing = listing = S3Listing(self._place, self._url, separator)
            self.archived = listing.archived
        else:
            self._listing = ObstoreListing(lambda: self._obstore.asking, self._url, separator)

    @property
    def place(self) -> S3Place | None:
        """Where S3 is, for libcurl."""
        return self._place

    @property
    def facts(self) -> StoreFacts:
        """What the store is known to do."""
        return self._facts

    def condition(self, expected: Source | None, *, overwrite: bool) -> tuple[str, ...] | None:
        """Ask for the version of `expected`, if the store obeys conditions and its answers are known to be true."""
        if not self._facts.digests:
            return None
        if overwrite:
            return ()
        obeys = self._facts.obeys_absent if expected is None else self._facts.obeys_match
        if not (self._facts.conditions and obeys) or (expected is not None and not may_be_sent(expected.etag)):
            return None
        return ("If-None-Match: *",) if expected is None else (f"If-Match: {expected.etag}",)

    def found(self, keys: Sequence[str]) -> Iterator[Source]:
        """List near the keys, as long as pages have many of them. Without a listing, HEAD may answer."""
        try:
            for row in find_keys(keys, self.separator, self.runs):
                yield Source(*row)
        except EngineAway:
            raise
        except EngineError as error:
            log.warning("avio looks at each saved object: %s", error)

    def unfit(self, key: str) -> NameNotHeld | None:
        """Return why the key can't be held: it is not UTF-8, or it has a control character."""
        found = UNFIT.search(key)
        if found is None:
            return None
        why = "is not UTF-8" if found[0] >= "\ud800" else "has a control character"
        return NameNotHeld(f"its name {why}, which the bucket can't hold")

    def head(self, key: str) -> Source | None:
        """Ask the store for the object. A key that may not ask so, but may list, gets the answer of a listing.

        The reply to HEAD has no text, so that a listing also tells why a store refuses.
        """
        if UNFIT.search(key):
            return None
        try:
            return self._calls.head(key)
        except (AccessDenied, StoreError):
            found = self.listed(key)
            if found is None and not self._listing.has(key + "/"):
                raise
            return found

    def listed(self, key: str) -> Source | None:
        """List the one key."""
        found = self._listing.find(key)
        return Source(*found) if found is not None else None

    def has_directory(self, key: str) -> bool:
        """Return True if `key` is the bucket itself, or if a key is below it: at least a marker of an empty folder."""
        return not key or self._listing.has(key + "/")

    def scan(
        self,
        prefix: str,
        after: str = "",
        depth: int | None = None,
        *,
        ordered: bool = True,
        follow: bool = False,
        leave_out: LeaveOut = ignore,
    ) -> Iterator[Source]:
        """List page by page. Skip deeper directories as soon as they fill the end of a page.

        Behind a key obstore asks for greater keys, which are not the later ones of a store with another order: where
        the order does not matter, it lists all.
        """
        place: str | None = "" if isinstance(self._listing, ObstoreListing) and not ordered else after
        while place is not None:
            begin, place = place, None
            key = ""
            for page in self._listing.pages(
                prefix, begin, ordered=ordered, flat=depth == 1, leave_out=leave_out, pace=JOB
            ):
                for row in page:
                    key = row[0]
                    if depth is None or _level(key, prefix) <= depth:
                        yield Source(*row)
                if depth is not None and _level(key, prefix) > depth and not key.endswith("/"):
                    place = _ancestor(key, prefix, depth) + LAST
                    if place != begin:
                        break
                    place = None  # some keys sort behind LAST: the store goes on page by page

    def runs(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[list[Row]]:
        """Yield the files page by page."""
        return self._listing.pages(prefix, after, ordered=True, flat=False, leave_out=leave_out, pace=pace)

    def fetch(
        self, source: Source, target: int, run: Run, *, prove: bool = True, spread: Spread | None = None
    ) -> Fetched:
        """Get it in one request, or in ranges that must all be of the version of `source`."""
        name, proof = self._name(source.key), self._facts.proof(source.etag, source.size)
        return ObjectFetch(self._calls, name, source, target, run, self._lanes, proof, prove=prove, spread=spread).run()

    def fetch_span(self, source: Source, span: Span, target: int, run: Run) -> bool:
        """Get it in ranges."""
        name, may_differ = self._name(source.key), False

        def check(head: Head) -> None:
            nonlocal may_differ
            require_version(name, head.source, head.kind, source)
            may_differ |= head.may_differ

        RangedFetch(self._calls, source, span, target, check, name, self._lanes, run).run(None)
        return may_differ

    def level(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Let the store group the keys; obstore groups only whole listings at once, which may not fit into memory."""
        if isinstance(self._listing, ObstoreListing):
            return super().level(prefix, after, pace, leave_out=leave_out)
        return self._listing.pages(prefix, after, ordered=True, flat=True, leave_out=leave_out, pace=pace)

    def put(self, key: str, upload: UploadSource, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Upload a small file by one conditional PUT, a large file in parts after a check of the object."""
        if (unfit := self.unfit(key)) is not None:
            raise unfit
        name = self._name(key)
        each = ObjectPut(self._calls, name, key, self._facts, self.head, expected, overwrite=overwrite)
        content = b""
        if upload.size <= part_bytes(upload.size):
            content = b"".join(upload.chunks(run))
            etag = each.small(content)
        elif self._place is not None:
            etag = each.in_parts(self._place, upload, run, self._lanes)
        else:
            etag = each.in_parts_of(self._obstore.moving, upload, run)
        try:
            now = self.head(key)
        except EngineAway:
            said = make_source(key, upload.size, time.time_ns(), etag)
            if etag is None or not self._facts.takes_md5 or self.matches(said, upload.fd, run):
                raise  # the next try recognises the object by this ETag, if it is there
            return said  # only the answer to the upload says that it is there: no other try could recognise it
        if now is None or now.size != upload.size or not self._is_stored(now, etag, expected, upload, run):
            cure = None if self._facts.takes_md5 else f"{Corrupt.cure}; {NO_DIGESTS}"
            raise Corrupt(f"{name} is not complete after its upload", cure=cure)
        if self._facts.lesson == key and upload.size <= PROBE_BYTES:
            self._learn(each, content, etag, now)
        return now._replace(etag=etag or now.etag)

    def _learn(self, put: ObjectPut, content: bytes, etag: str | None, now: Source) -> None:
        """Learn from an upload that was looked at whether the next ones need that. New files wait for the first part.

        The object was seen as it was put: no look at it is needed in between.
        """
        facts = self._facts
        facts.learn_digests(true=etag is not None and now.etag == etag == etag_of(content))
        if not (facts.digests and facts.conditions):
            return
        if facts.obeys_absent is None:
            began = time.monotonic()
            obeys_absent = put.obeys(content, ABSENT)
            facts.reply_seconds = time.monotonic() - began  # before new files begin
            facts.obeys_absent = obeys_absent
        if facts.obeys_absent:
            facts.obeys_match = put.obeys(content, OTHER)
        if False in (facts.obeys_absent, facts.obeys_match):
            facts.give_up_conditions()

    def _is_stored(
        self, now: Source, etag: str | None, expected: Source | None, upload: UploadSource, run: Run
    ) -> bool:
        """Return False if the object seen after an upload proves that it was not stored: whatever the reply said."""
        if etag is not None and now.etag == etag and (self._facts.takes_md5 or not self.proves(now)):
            return True  # the store has compared the bytes, or nothing can
        if expected is not None and same_version(now, expected):
            return self.matches(now, upload.fd, run)
        return not self.proves(now) or self.matches(now, upload.fd, run)

    def end_upload(self, key: str, upload_id: str) -> None:
        """End an upload in parts that a dead attempt began."""
        if self._place is not None:
            end_upload(SignedRequests(self._place, limit=END_LIMIT_SECONDS), self._name(key), key, upload_id)

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Compare digests, or fetch the object again."""
        return has_bytes_of(self._calls, self._name(source.key), source, cached, run, etags=self._facts.etags)

    def proves(self, source: Source) -> bool:
        """Look at the form of the etag."""
        return self._facts.etags and is_digest(source.etag)

    def matches(self, source: Source, cached: int, run: Run | None = None) -> bool:
        """Compare the etag with the MD5 of the bytes, in the parts that avio uploads."""

        def check(size: int) -> None:
            if run is not None:
                check_cancelled(run)
                run.checked(size)

        return self._facts.etags and is_etag_of(source.etag, cached, part_bytes(source.size), check)

    def equals(self, source: Source, cached: int, run: Run) -> bool | None:
        """Compare digests."""
        return compare(self._calls, source, cached, part_bytes(source.size), run, etags=self._facts.etags)

    def ping(self) -> None:
        """List one object."""
        self._listing.has("")

    def _name(self, key: str) -> str:
        return f"{self._url}/{key}".rstrip("/")


def _level(key: str, prefix: str) -> int:
    return key.count("/", len(prefix)) + 1


def _ancestor(key: str, prefix: str, depth: int) -> str:
    """Return the directory `depth` levels below `prefix` that holds `key`, with its slash."""
    parts = key[len(prefix) :].split("/")
    return prefix + "/".join(parts[:depth]) + "/"
