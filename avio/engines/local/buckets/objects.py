"""A bucket of an object store: S3 and whatever else obstore opens.

Synchronous calls from threads only: the asyncio bridge costs twice as much and has aborted processes.
Used in web and the job process.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import zip_longest
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, NotSupportedError, PreconditionError
from obstore.store import ObjectStore

from avio.engines.base import Run
from avio.engines.local.buckets.access import Access, access_to
from avio.engines.local.buckets.base import Bucket, Source
from avio.engines.local.buckets.opening import StoreOpener
from avio.engines.local.copying import write_all
from avio.engines.local.errors import store_errors
from avio.engines.local.reading import Reading
from avio.engines.local.root import HIDDEN
from avio.engines.local.stopping import go_on
from avio.engines.local.trees import LAST
from avio.errors import Corrupt, Gone, NotSaved, SourceChanged, StoreError

CHUNK = 1 << 20  # bytes between two looks at the attempt
SEGMENT = 32 << 20  # bytes of one ranged GET: small enough to end within the time limit on a slow line
PART = 8 << 20  # bytes of one part of an upload; smaller files go in one PUT
MAX_PARTS = 9000  # S3 allows 10,000
LISTED = 1000  # objects that one request lists

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


class ObjectsBucket(Bucket):
    """The objects below `url`; `options` are obstore's own, by its names."""

    def __init__(self, url: str, options: dict[str, str], separator: str = "/") -> None:
        self.separator = separator
        self._url = url.rstrip("/")
        self._opener = StoreOpener(self._url, options)
        self._access = access_to(self._url, options)

    @cached_property
    def _asking(self) -> ObjectStore:
        return self._opener.open_to_ask()

    @cached_property
    def _moving(self) -> ObjectStore:
        return self._opener.open_to_move()

    @property
    def access(self) -> Access | None:
        """How to fetch from S3 without obstore."""
        return self._access

    def head(self, key: str) -> Source | None:
        """Ask the store for the object."""
        try:
            with store_errors(self._name(key)):
                return _source(obstore.head(self._asking, key))
        except Gone:
            return None

    def has_directory(self, key: str) -> bool:
        """Tell whether `key` is the bucket itself: a store knows no other directories."""
        return not key

    def scan(self, prefix: str, after: str = "", depth: int | None = None, *, ordered: bool = True) -> Iterator[Source]:
        """List page by page; what is deeper than `depth` is jumped over as soon as it fills a page's end."""
        place: str | None = self._begin(after)
        last = ""
        while place is not None:
            begin, place = place, None
            for page in self._pages(prefix, begin):
                for source in page:
                    order = source.key.replace("/", self.separator)
                    if order < last and source.size == 0 and order + self.separator > last:
                        continue  # the marker of an empty folder, listed at the place of its slash
                    if ordered and order < last:
                        raise self._disorder(source.key)
                    last = order
                    if depth is None or _level(source.key, prefix) <= depth:
                        yield source
                if depth is not None and _level(source.key, prefix) > depth:
                    place = _ancestor(source.key, prefix, depth) + LAST
                    break

    def _begin(self, after: str) -> str:
        # Where names are sorted one by one, "a/" means the name "a" and would skip all that is in it.
        return after + " " if after.endswith("/") and self.separator != "/" else after

    def _pages(self, prefix: str, after: str) -> Iterator[list[Source]]:
        """Yield the listing in pages that are never empty."""
        with store_errors(self._name(prefix)):
            stream = iter(obstore.list(self._asking, prefix or None, offset=after or None, chunk_size=LISTED))
        held: list[Source] = []  # the last of a page: only the next key tells what an empty object is
        while True:
            with store_errors(self._name(prefix)):
                chunk = next(stream, None)
            page = held + [_source(meta) for meta in chunk or () if not meta["path"].startswith(f"{HIDDEN}/")]
            held = [page.pop()] if chunk and page and page[-1].size == 0 else []
            if page := _without_markers(page, held):
                yield page
            if not chunk:
                return

    def _disorder(self, key: str) -> StoreError:
        return StoreError(
            f"{self._url} does not list in the order of its keys: {key!r} comes too late",
            cure="set the mount's option key_order to names: SeaweedFS and its like sort name by name",
        )

    def fetch(self, source: Source, target: int, run: Run) -> Source:
        """Get it in one request, or in segments that must all be of one version."""
        name, key = self._name(source.key), source.key
        first: dict[str, Any] = {} if source.size <= SEGMENT else {"range": (0, SEGMENT)}
        with store_errors(name):
            result = obstore.get(self._moving, key, options=first)  # type: ignore[arg-type]
            now = _source(result.meta)
            offset = _receive(result, target, run)
            while offset < now.size:
                rest: dict[str, Any] = {"range": (offset, min(offset + SEGMENT, now.size))}
                if now.etag:
                    rest["if_match"] = now.etag
                try:
                    result = obstore.get(self._moving, key, options=rest)  # type: ignore[arg-type]
                except PreconditionError:
                    raise SourceChanged(f"{name} changed while it was read") from None
                received = _receive(result, target, run)
                if not received:
                    break
                offset += received
        if offset != now.size:
            raise Corrupt(f"{name}: {offset} bytes came of {now.size}")
        return now

    def put(self, key: str, reading: Reading, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Small files in one conditional PUT; large ones as a multipart upload after a look at what is there."""
        with store_errors(self._name(key)):
            if reading.size <= PART:
                etag = self._put_small(key, b"".join(reading.chunks(run)), expected, overwrite)
            else:
                etag = self._put_large(key, reading, expected, overwrite, run)
        now = self.head(key)
        if now is None or now.size != reading.size:
            raise Corrupt(f"{self._name(key)} is not there whole after its upload")
        return now._replace(etag=etag)

    def _put_small(self, key: str, content: bytes, expected: Source | None, overwrite: bool) -> str | None:
        mode: Any = "overwrite"
        if not overwrite:
            mode = {"e_tag": expected.etag} if expected and expected.etag else "create" if not expected else "overwrite"
        try:
            return obstore.put(self._moving, key, content, mode=mode, use_multipart=False)["e_tag"]
        except (AlreadyExistsError, PreconditionError):
            # An answer that was lost makes the store's retry meet its own object.
            now = self.head(key)
            if now is not None and now.size == len(content) and _is_md5_of(now.etag, content):
                return now.etag
            raise self._conflict(key) from None
        except (NotSupportedError, NotImplementedError):
            self._look_first(key, expected)
            return obstore.put(self._moving, key, content, use_multipart=False)["e_tag"]

    def _put_large(self, key: str, reading: Reading, expected: Source | None, overwrite: bool, run: Run) -> str | None:
        if not overwrite:
            self._look_first(key, expected)
        part = max(PART, reading.size // MAX_PARTS + 1)
        chunks = reading.chunks(run)
        return obstore.put(self._moving, key, chunks, use_multipart=True, chunk_size=part, max_concurrency=2)["e_tag"]

    def _look_first(self, key: str, expected: Source | None) -> None:
        if self.head(key) != expected:
            raise self._conflict(key)

    def _conflict(self, key: str) -> NotSaved:
        return NotSaved(f"{self._name(key)} changed since the cached file was taken from it")

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Compare MD5s where the etag is one; else, or where they differ, with the object fetched anew."""
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in _chunks(cached):
            go_on(run)
            digest.update(chunk)
        known = _MD5.fullmatch(source.etag or "")
        if known and known[1] == digest.hexdigest():
            return True
        with store_errors(self._name(source.key)):
            fetched = hashlib.md5(usedforsecurity=False)
            for chunk in obstore.get(self._moving, source.key).stream(CHUNK):
                go_on(run)
                run.moved(len(chunk))
                fetched.update(chunk)
        return fetched.digest() == digest.digest()

    def ping(self) -> None:
        """List one page."""
        for _ in self._pages("", ""):
            return

    def _name(self, key: str) -> str:
        return f"{self._url}/{key}".rstrip("/")


def _receive(result: "obstore.GetResult", target: int, run: Run) -> int:
    """Write the body of a reply to `target`; return its length."""
    start, end = result.range
    if end - start <= CHUNK:
        go_on(run)
        body = memoryview(result.bytes())
        write_all(target, body)
        run.moved(len(body))
        return len(body)
    received = 0
    for chunk in result.stream(CHUNK):
        go_on(run)
        write_all(target, chunk)
        run.moved(len(chunk))
        received += len(chunk)
    return received


def _source(meta: Any) -> Source:
    modified = meta["last_modified"]
    mtime_ns = int(modified.timestamp()) * 1_000_000_000 + modified.microsecond * 1000
    return Source(meta["path"], meta["size"], mtime_ns, meta["e_tag"])


def _without_markers(page: list[Source], following: list[Source]) -> list[Source]:
    """Drop the empty objects that S3 consoles make for folders: `dir/`, which the store reports as `dir`."""
    pairs = zip_longest(page, page[1:] + following)
    return [
        source for source, after in pairs if source and (source.size or not after or not _is_in(after.key, source.key))
    ]


def _is_in(key: str, directory: str) -> bool:
    return key.startswith(directory + "/")


def _level(key: str, prefix: str) -> int:
    return key.count("/", len(prefix)) + 1


def _ancestor(key: str, prefix: str, depth: int) -> str:
    """Return the directory `depth` levels below `prefix` that holds `key`, with its slash."""
    parts = key[len(prefix) :].split("/")
    return prefix + "/".join(parts[:depth]) + "/"


def _is_md5_of(etag: str | None, content: bytes) -> bool:
    known = _MD5.fullmatch(etag or "")
    return known is not None and known[1] == hashlib.md5(content, usedforsecurity=False).hexdigest()


def _chunks(fd: int) -> Iterator[bytes]:
    offset = 0
    while chunk := os.pread(fd, CHUNK, offset):
        offset += len(chunk)
        yield chunk
