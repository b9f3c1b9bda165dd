"""A bucket of an object store: S3 and whatever else obstore opens.

Synchronous calls from threads only: the asyncio bridge costs twice as much, and aborted a process.
Used in web and the job process.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator

from avio.engines.cancel import check_cancelled
from avio.engines.left_out import NameNotHeld
from avio.engines.local.buckets.base import Bucket, Source
from avio.engines.local.buckets.etags import is_digest, is_etag_of
from avio.engines.local.buckets.multipart import end_upload
from avio.engines.local.buckets.object_fetch import ObjectFetch
from avio.engines.local.buckets.object_put import END_LIMIT_SECONDS, PART_BYTES, Conditions, ObjectPut, part_bytes
from avio.engines.local.buckets.obstore_listing import UNFIT, ObstoreListing
from avio.engines.local.buckets.obstore_objects import ObstoreObjects
from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.buckets.s3_list_xml import Row
from avio.engines.local.buckets.s3_listing import S3Listing
from avio.engines.local.buckets.s3_objects import S3Objects
from avio.engines.local.buckets.s3_place import S3Place, place_of
from avio.engines.local.buckets.signed_requests import SignedRequests
from avio.engines.local.buckets.store_calls import StoreCalls
from avio.engines.local.buckets.stores import StoreOpener, store_id
from avio.engines.local.buckets.versions import make_source, require_version, same_version
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.tree_walk import LAST, ignore
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import AccessDenied, Corrupt, EngineAway, StoreError

CHUNK_BYTES = 1 << 20  # bytes between two checks of the attempt

log = logging.getLogger(__name__)

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


class ObjectsBucket(Bucket):
    """The objects below `url`; `options` are obstore's own, by its names."""

    def __init__(self, url: str, options: dict[str, str], separator: str = "/") -> None:
        self.separator = separator
        self.url = self._url = url.rstrip("/")
        self.store = store_id(options)
        self._place = place_of(self._url, options)
        self._conditions = Conditions(self._url)
        self._obstore = ObstoreObjects(self._url, StoreOpener(self._url, options))
        self._calls: StoreCalls = self._obstore
        self._listing: S3Listing | ObstoreListing
        if self._place is not None:
            self._calls = S3Objects(self._place, self._url)
            self._listing = S3Listing(self._place, self._url, separator)
        else:
            self._listing = ObstoreListing(lambda: self._obstore.asking, self._url, separator)

    @property
    def place(self) -> S3Place | None:
        """Where S3 is, for libcurl."""
        return self._place

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
        """List page by page. Skip deeper directories as soon as they fill the end of a page."""
        place: str | None = after
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
                if depth is not None and _level(key, prefix) > depth:
                    place = _ancestor(key, prefix, depth) + LAST
                    break

    def runs(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[list[Row]]:
        """Yield the files page by page."""
        return self._listing.pages(prefix, after, ordered=True, flat=False, leave_out=leave_out, pace=pace)

    def fetch(self, source: Source, target: int, run: Run) -> Source:
        """Get it in one request, or in segments that must all be of the version of `source`."""
        return ObjectFetch(self._calls, self._name(source.key), source, target, run).run()

    def put(self, key: str, upload: UploadSource, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Upload a small file by one conditional PUT, a large file in parts after a check of the object."""
        if (unfit := self.unfit(key)) is not None:
            raise unfit
        name = self._name(key)
        each = ObjectPut(self._calls, name, key, self._conditions, self.head, expected, overwrite=overwrite)
        if upload.size <= PART_BYTES:
            etag = each.small(b"".join(upload.chunks(run)))
        elif self._place is not None:
            etag = each.in_parts(self._place, upload, run)
        else:
            etag = each.in_parts_of(self._obstore.moving, upload, run)
        try:
            now = self.head(key)
        except EngineAway:
            said = make_source(key, upload.size, time.time_ns(), etag)
            if etag is None or self.matches(said, upload.fd, run):
                raise  # the next try recognises the object by this ETag, if it is there
            return said  # only the answer to the upload says that it is there: no other try could recognise it
        if now is None or now.size != upload.size or not self._is_stored(now, etag, expected, upload, run):
            raise Corrupt(f"{name} is not complete after its upload")
        return now._replace(etag=etag or now.etag)

    def _is_stored(
        self, now: Source, etag: str | None, expected: Source | None, upload: UploadSource, run: Run
    ) -> bool:
        """Return False if the object seen after an upload proves that it was not stored: whatever the reply said."""
        if etag is not None and now.etag == etag:
            return True
        if expected is not None and same_version(now, expected):
            return self.matches(now, upload.fd, run)
        return not self.proves(now) or self.matches(now, upload.fd, run)

    def end_upload(self, key: str, upload_id: str) -> None:
        """End an upload in parts that a dead attempt began."""
        if self._place is not None:
            end_upload(SignedRequests(self._place, limit=END_LIMIT_SECONDS), self._name(key), key, upload_id)

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Compare MD5s if the etag is one. Otherwise, or if they differ, fetch the object again and compare.

        An ETag in the form of an MD5 that the bytes do not have is a lie, unless the store encrypts the object.
        """
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in _chunks(cached):
            check_cancelled(run)
            digest.update(chunk)
            run.checked(len(chunk))
        known = _MD5.fullmatch(source.etag or "")
        if known and known[1] == digest.hexdigest():
            return True
        fetched = hashlib.md5(usedforsecurity=False)

        def take(chunk: memoryview | bytes) -> None:
            check_cancelled(run)
            run.moved(len(chunk))
            fetched.update(chunk)

        def begin(now: Source, kind: str) -> None:
            require_version(self._name(source.key), now, kind, source)

        may_differ = self._calls.get(source.key, None, begin, take)
        if known and not may_differ and known[1] != fetched.hexdigest():
            log.warning("%s: the store sends bytes whose MD5 is not its ETag %s", self._name(source.key), known[1])
            return False
        return fetched.digest() == digest.digest()

    def proves(self, source: Source) -> bool:
        """Look at the form of the etag."""
        return is_digest(source.etag)

    def matches(self, source: Source, cached: int, run: Run | None = None) -> bool:
        """Compare the etag with the MD5 of the bytes, in the parts that avio uploads."""

        def check(size: int) -> None:
            if run is not None:
                check_cancelled(run)
                run.checked(size)

        return is_etag_of(source.etag, cached, part_bytes(source.size), check)

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


def _chunks(fd: int) -> Iterator[bytes]:
    offset = 0
    while chunk := os.pread(fd, CHUNK_BYTES, offset):
        offset += len(chunk)
        yield chunk
