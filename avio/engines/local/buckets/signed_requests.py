"""Signed requests to one S3 bucket through libcurl.

Used in web, intake (the sweep) and the job process, by several threads at once.
"""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote

from avio.engines.cancel import Stopped
from avio.engines.local.buckets.bodies import NO_BODY, UPLOAD_BUFFER_BYTES, Body
from avio.engines.local.buckets.idle_handles import IdleHandles
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.store_errors import no_answer, read_refusal, refusal
from avio.errors import BadReply, EngineError

BUFFER_BYTES = 1 << 20  # that libcurl receives at once; it hands over 16 KiB of them at a time
MAX_BODY_BYTES = 1 << 20  # of a reply that is kept: an error, or the answer to a call

CONTENT = (200, 206)  # the status of a reply with an object, or some bytes of it

_ERROR = re.compile(rb"<(?:\w+:)?Error[\s>]")
_RACES = ("ConditionalRequestConflict", "OperationAborted")

Take = Callable[[bytes], None]


class Reply(NamedTuple):
    """The reply to one request. The names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def etag(self) -> str:
        """The ETag as it was sent, or ""."""
        return self.headers.get("etag", "")

    @property
    def good(self) -> bool:
        """Return True unless it is an error. S3 may send an error in a reply of status 200."""
        return self.status < 300 and not _ERROR.search(self.body)

    @property
    def is_race(self) -> bool:
        """Return True if the store refuses since another write is under way: nothing is known yet."""
        return self.status == 409 and read_refusal(409, self.body).code in _RACES

    def error(self, what: str) -> EngineError:
        """Return what the store said of `what` as an error of avio."""
        if self.status < 300 and not _ERROR.search(self.body):
            return BadReply(f"{what}: the store sent HTTP {self.status}, which does not answer the request")
        return refusal(what, read_refusal(500 if self.status < 300 else self.status, self.body, self.headers))


class SignedRequests:
    """Requests to the bucket of `place`. Each request under way has a connection of its own.

    A request under way ends with Stopped when `stopping()` is true, with EngineAway after `limit` seconds (0: never).
    Others that ask the same store may share the handles `idle`.
    """

    def __init__(
        self,
        place: S3Place,
        stopping: Callable[[], bool] = lambda: False,
        limit: int = 0,
        idle: "IdleHandles[pycurl.Curl] | None" = None,
    ) -> None:
        self._place = place
        self._stopping = stopping
        self._limit = limit
        self._idle: IdleHandles[pycurl.Curl] = IdleHandles() if idle is None else idle

    def send(
        self,
        what: str,
        method: str,
        key: str,
        query: Mapping[str, str],
        body: bytes | Body = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return the reply, also an error. Raise EngineAway, which names `what`, without one."""
        body = Body(body) if isinstance(body, bytes) else body
        curl = self._idle.take() or pycurl.Curl()
        try:
            self._prepare(curl, key, query, headers or {})
            _set_body(curl, method, body)
            return self._perform(what, curl, _Incoming(), body)
        finally:
            self._give_back(curl)

    def get(self, what: str, key: str, headers: Mapping[str, str], begin: Callable[[Reply], None], take: Take) -> Reply:
        """Get an object, or the bytes of it that a Range in `headers` names. Return the reply, also an error.

        Calls `begin` with the head of a reply without error, before its first byte, and `take` with the bytes as they
        come. What they raise ends the request and is raised. Raises EngineAway, Stopped.
        """
        incoming = _Incoming(begin, take)
        curl = self._idle.take() or pycurl.Curl()
        try:
            self._prepare(curl, key, {}, headers)
            reply = self._perform(what, curl, incoming)
        finally:
            self._give_back(curl)
        if reply.status in CONTENT:
            incoming.begin()  # of an empty object
        return reply

    def _give_back(self, curl: "pycurl.Curl") -> None:
        curl.reset()  # keeps the connection, and nothing else of the request
        self._idle.give_back(curl)

    def _prepare(self, curl: "pycurl.Curl", key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        set_place(curl, self._place)
        curl.setopt(pycurl.URL, f"{self._place.url_of(key)}?{_encoded(query)}".rstrip("?"))
        lines = ["Expect:", *(f"{name}: {text}" for name, text in headers.items())]
        curl.setopt(pycurl.HTTPHEADER, headers_of(self._place, *lines))
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.TIMEOUT, self._limit)
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: int(self._stopping()))

    def _perform(self, what: str, curl: "pycurl.Curl", incoming: "_Incoming", body: Body = NO_BODY) -> Reply:
        curl.setopt(pycurl.WRITEFUNCTION, incoming.receive)
        curl.setopt(pycurl.HEADERFUNCTION, incoming.see_header)
        try:
            curl.perform()
        except pycurl.error as error:
            for cause in (incoming.error, body.error):
                if cause is not None:
                    raise cause from None
            if error.args[0] == pycurl.E_ABORTED_BY_CALLBACK:
                raise Stopped from None
            raise no_answer(what, error) from None
        return incoming.reply()


class _Incoming:
    """One reply while it comes. libcurl swallows what a callback raises, so it is kept in `error`."""

    def __init__(self, begin: Callable[[Reply], None] | None = None, take: Take | None = None) -> None:
        self._begin = begin
        self._take = take
        self._begun = False
        self._taking: Take | None = None  # what takes the bytes that follow: a large object has many
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = BytesIO()
        self.error: BaseException | None = None

    def see_header(self, line: bytes) -> None:
        """Take a line of a head. The last head counts: a proxy or a 100 Continue sends one before it."""
        if line.startswith(b"HTTP/"):
            parts = line.split(None, 2)
            self._status = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
            self._headers.clear()
            self._taking = None
        name, mark, text = line.partition(b":")
        if mark:
            self._headers[name.strip().lower().decode("latin-1")] = text.strip().decode("latin-1")

    def receive(self, data: bytes) -> int:
        """Take bytes of the body."""
        try:
            if self._taking is not None:
                self._taking(data)
            elif self._take is not None and self._status in CONTENT:
                self.begin()
                self._taking = self._take
                self._take(data)
            elif self._body.tell() + len(data) <= MAX_BODY_BYTES:
                self._body.write(data)
        except BaseException as error:
            self.error = error
            return -1
        return len(data)

    def begin(self) -> None:
        """Show the head, once."""
        if self._begin is not None and not self._begun:
            self._begun = True
            self._begin(self.reply())

    def reply(self) -> Reply:
        """Return the reply."""
        return Reply(self._status, self._headers, self._body.getvalue())


def _set_body(curl: "pycurl.Curl", method: str, body: Body) -> None:
    if method == "PUT":
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES)
        curl.setopt(pycurl.INFILESIZE_LARGE, body.size)
        curl.setopt(pycurl.READFUNCTION, body.give)
        curl.setopt(pycurl.SEEKFUNCTION, body.begin_again)
    elif method == "POST":
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.POSTFIELDS, body.give(body.size))
    elif method == "HEAD":
        curl.setopt(pycurl.NOBODY, 1)
    else:
        curl.setopt(pycurl.CUSTOMREQUEST, method)


def _encoded(query: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in sorted(query.items()))
