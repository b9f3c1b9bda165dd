"""The calls on the objects of an S3 bucket whose keys the mount has, by libcurl. Used in web and the job process."""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.checked_upload import send_checked
from avio.engines.local.buckets.checksums import ASK, ASKED, UNKNOWN_HEADER, Checksum, checksum_of
from avio.engines.local.buckets.content_proof import may_prove
from avio.engines.local.buckets.content_types import content_type
from avio.engines.local.buckets.idle_handles import IdleHandles
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.plain_gets import PlainGets
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import CONTENT, Reply, SignedRequests
from avio.engines.local.buckets.store_calls import (
    Begin,
    Condition,
    ConditionFailed,
    Head,
    NoConditions,
    StoreCalls,
    Take,
)
from avio.engines.local.buckets.store_facts import HEADS_IN_VAIN, StoreFacts
from avio.engines.local.buckets.versions import SECOND_NS, make_source, normal_etag, same_version
from avio.engines.local.store_codes import may_pass
from avio.engines.local.store_errors import read_refusal
from avio.engines.retry import with_patience
from avio.errors import BadReply, EngineAway, EngineError, Gone, SourceChanged

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

HeadCame = Callable[[Reply], None]
Send = Callable[[str, Mapping[str, str], HeadCame], Reply]  # of a GET: its name in errors, and its headers


class S3Objects(StoreCalls):
    """The objects of `place`; `url` is how messages call the bucket."""

    def __init__(self, place: S3Place, url: str, facts: StoreFacts) -> None:
        self._url = url
        self._facts = facts
        idle: IdleHandles[pycurl.Curl] = IdleHandles()  # of all: a small object is looked at before and after its PUT
        self._asking = SignedRequests(place, limit=int(TASK.page_seconds), idle=idle)
        self._putting = SignedRequests(place, idle=idle)
        self._moving = SignedRequests(place, idle=idle)
        self._plain = PlainGets(place)

    def head(self, key: str) -> Source | None:
        """Ask the store, again for a moment if it does not answer."""
        found = self._head(key)
        return None if found is None else found[0]

    def encrypts(self, source: Source) -> bool:
        """Look at the headers of the object."""
        found = self._head(source.key)
        if found is None:
            raise Gone(f"{self._name(source.key)} was deleted")
        now, reply = found
        if not same_version(now, source):
            raise SourceChanged(f"{self._name(source.key)} changed")
        return not may_prove(reply.headers)

    def _head(self, key: str) -> tuple[Source, Reply] | None:
        """Return the object, and the answer to a HEAD that describes it; None if there is no object."""
        what = self._name(key)

        def ask() -> Reply:
            reply = self._asking.send(what, "HEAD", key, {})
            if reply.status >= 500 or reply.status == 429:
                raise reply.error(what)
            return reply

        reply = with_patience(ask, TASK.retry_seconds, again=EngineAway)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise reply.error(what)
        found = self._source(key, reply)
        if found.size < 0:
            raise BadReply(f"{what}: the store's answer has no size of the object")
        return found, reply

    def get(self, key: str, span: tuple[int, int] | None, begin: Begin, take: Take) -> None:
        """Get it. A store that ignores the range is an error, unless the range begins with the object.

        The head of a range tells no checksum of the whole object.
        """
        self._get(key, span, begin, lambda name, headers, came: self._moving.get(name, key, headers, came, take))

    def fill(self, key: str, span: tuple[int, int] | None, begin: Begin, pieces: Pieces) -> None:
        """Get it past libcurl where that is possible."""
        size = span[1] - span[0] if span else pieces.end - pieces.place

        def send(name: str, headers: Mapping[str, str], came: HeadCame) -> Reply:
            reply = self._plain.get(name, key, headers, size, came, pieces)
            return reply or self._moving.get(name, key, headers, came, pieces.take)

        self._get(key, span, begin, send)

    def _get(self, key: str, span: tuple[int, int] | None, begin: Begin, send: Send) -> None:
        headers = {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
        if asks := span is None and self._facts.checksums:
            headers[ASK] = ASKED

        def head_came(reply: Reply) -> None:
            first = _RANGE.fullmatch(reply.headers.get("content-range", ""))
            if int(first[1] if first else 0) != (span[0] if span else 0):
                raise BadReply(f"{self._name(key)}: the store sends another range than it was asked for")
            source = self._source(key, reply)
            checksum = checksum_of(reply.headers, source.size) if span is None else None
            kind, may_differ = reply.headers.get("content-type", ""), not may_prove(reply.headers)
            begin(Head(source, kind, checksum, may_differ))

        name = self._name(key)
        reply = send(name, headers, head_came)
        if asks and reply.status in UNKNOWN_HEADER and not may_pass(read_refusal(reply.status, reply.body).code):
            reply = send(name, {}, head_came)
            if reply.status in CONTENT:
                self._facts.refuse_checksums()
        elif asks and reply.status in CONTENT:
            self._facts.take_checksums()
        if reply.status not in CONTENT:
            raise reply.error(name)

    def checksum(self, source: Source, *, needed: bool) -> Checksum | None:
        """Ask by HEAD, unless several HEADs were in vain and this one is not needed."""
        facts = self._facts
        if not facts.checksums or (not needed and facts.heads_in_vain >= HEADS_IN_VAIN):
            return None
        with suppress(EngineError):
            reply = self._asking.send(self._name(source.key), "HEAD", source.key, {}, headers={ASK: ASKED})
            if reply.status in UNKNOWN_HEADER and self.head(source.key) is not None:
                facts.refuse_checksums()
            if reply.status == 200:
                facts.take_checksums()
            if reply.status == 200 and same_version(self._source(source.key, reply), source):
                found = checksum_of(reply.headers, source.size)
                facts.heads_in_vain = 0 if found else facts.heads_in_vain + 1
                return found
        return None

    def put(self, key: str, content: bytes, condition: Condition) -> str | None:
        """Put it in one request."""
        headers = {"Content-Type": content_type(key), **condition}

        def send(more: Mapping[str, str]) -> Reply:
            return self._putting.send(self._name(key), "PUT", key, {}, content, {**headers, **more})

        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        reply = send_checked(send, md5, self._facts, conditional=bool(condition))
        if reply.good:
            return normal_etag(reply.etag)
        if condition and reply.status in (409, 412) and not reply.is_race:
            raise ConditionFailed
        if condition and (reply.status == 501 or read_refusal(reply.status, reply.body).code == "NotImplemented"):
            raise NoConditions
        raise reply.error(self._name(key))

    def _source(self, key: str, reply: Reply) -> Source:
        """Return the object that the head of a reply describes; its size is -1 if the head does not say it."""
        headers = reply.headers
        whole = _RANGE.fullmatch(headers.get("content-range", ""))
        size = whole[2] if whole else headers.get("content-length", "")
        return make_source(
            key,
            int(size) if size.isascii() and size.isdigit() else -1,
            _mtime_ns(headers.get("last-modified", "")),
            headers.get("etag"),
        )

    def _name(self, key: str) -> str:
        return f"{self._url}/{key}".rstrip("/")


def _mtime_ns(text: str) -> int:
    """Return the time of a head in nanoseconds since the epoch, 0 if there is none."""
    with suppress(ValueError, OverflowError):
        return int(parsedate_to_datetime(text).timestamp()) * SECOND_NS
    return 0
