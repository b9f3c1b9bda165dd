"""The calls on the objects of an S3 bucket whose keys the mount has, by libcurl. Used in web and the job process."""

import base64
import hashlib
import re
from contextlib import suppress
from email.utils import parsedate_to_datetime

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import Reply, SignedRequests
from avio.engines.local.buckets.store_calls import Begin, Condition, ConditionFailed, NoConditions, StoreCalls, Take
from avio.engines.local.buckets.versions import SECOND_NS, make_source, normal_etag
from avio.engines.local.store_errors import read_refusal
from avio.engines.retry import with_patience
from avio.errors import BadReply, EngineAway

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class S3Objects(StoreCalls):
    """The objects of `place`; `url` is how messages call the bucket."""

    def __init__(self, place: S3Place, url: str) -> None:
        self._url = url
        self._asking = SignedRequests(place, limit=int(TASK.page_seconds))
        self._moving = SignedRequests(place)

    def head(self, key: str) -> Source | None:
        """Ask the store, again for a moment if it does not answer."""
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
        return found

    def get(self, key: str, span: tuple[int, int] | None, begin: Begin, take: Take) -> bool:
        """Get it. A store that ignores the range is an error, unless the range begins with the object."""
        encrypts = False

        def head_came(reply: Reply) -> None:
            nonlocal encrypts
            encrypts = any(name.startswith("x-amz-server-side-encryption") for name in reply.headers)
            first = _RANGE.fullmatch(reply.headers.get("content-range", ""))
            if int(first[1] if first else 0) != (span[0] if span else 0):
                raise BadReply(f"{self._name(key)}: the store sends another range than it was asked for")
            begin(self._source(key, reply), reply.headers.get("content-type", ""))

        self._moving.get(self._name(key), key, span, head_came, take)
        return encrypts

    def put(self, key: str, content: bytes, condition: Condition) -> str | None:
        """Put it in one request."""
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        reply = self._moving.send(self._name(key), "PUT", key, {}, content, {"Content-MD5": digest, **condition})
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
    with suppress(ValueError):
        return int(parsedate_to_datetime(text).timestamp()) * SECOND_NS
    return 0
