"""Signed requests to one S3 bucket through libcurl.

Used in web, intake (the sweep) and the job process, by several threads at once.
"""

import re
import threading
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote

from avio.engines.cancel import Stopped
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.store_errors import read_refusal, refusal, unreachable
from avio.errors import EngineError

BUFFER_BYTES = 256 << 10  # that libcurl hands over at once
MAX_BODY_BYTES = 1 << 20  # of a reply that is kept: an error, or the answer to a call

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
        return refusal(what, read_refusal(500 if self.status < 300 else self.status, self.body, self.headers))


class SignedRequests:
    """Requests to the bucket of `place`. Each thread has a connection of its own.

    A request under way ends with Stopped when `stopping()` is true, with EngineAway after `limit` seconds (0: never).
    """

    def __init__(self, place: S3Place, stopping: Callable[[], bool] = lambda: False, limit: int = 0) -> None:
        self._place = place
        self._stopping = stopping
        self._limit = limit
        self._local = threading.local()

    def send(
        self,
        what: str,
        method: str,
        key: str,
        query: Mapping[str, str],
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return the reply, also an error. Raise EngineAway, which names `what`, without one."""
        curl = self._handle(key, query, headers or {})
        _set_body(curl, method, body)
        return self._perform(what, curl, _Incoming())

    def get(
        self, what: str, key: str, span: tuple[int, int] | None, begin: Callable[[Reply], None], take: Take
    ) -> None:
        """Get an object, or its bytes from `span[0]` up to `span[1]`.

        Calls `begin` with the head of a reply without error, before its first byte, and `take` with the bytes as they
        come. What they raise ends the request and is raised. Raises the errors of the store, EngineAway, Stopped.
        """
        curl = self._handle(key, {}, {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {})
        incoming = _Incoming(begin, take)
        reply = self._perform(what, curl, incoming)
        if reply.status not in (200, 206):
            raise reply.error(what)
        incoming.begin()  # of an empty object

    def _handle(self, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> "pycurl.Curl":
        curl: pycurl.Curl = getattr(self._local, "curl", None) or pycurl.Curl()
        self._local.curl = curl
        curl.reset()  # keeps the connection
        set_place(curl, self._place)
        curl.setopt(pycurl.URL, f"{self._place.url_of(key)}?{_encoded(query)}".rstrip("?"))
        lines = ["Expect:", *(f"{name}: {text}" for name, text in headers.items())]
        curl.setopt(pycurl.HTTPHEADER, headers_of(self._place, *lines))
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.TIMEOUT, self._limit)
        curl.setopt(pycurl.NOPROGRESS, 0)
        curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: int(self._stopping()))
        return curl

    def _perform(self, what: str, curl: "pycurl.Curl", incoming: "_Incoming") -> Reply:
        curl.setopt(pycurl.WRITEFUNCTION, incoming.receive)
        curl.setopt(pycurl.HEADERFUNCTION, incoming.see_header)
        try:
            curl.perform()
        except pycurl.error as error:
            if incoming.error is not None:
                raise incoming.error from None
            if error.args[0] == pycurl.E_ABORTED_BY_CALLBACK:
                raise Stopped from None
            raise unreachable(what, *error.args) from None
        return incoming.reply()


class _Incoming:
    """One reply while it comes. libcurl swallows what a callback raises, so it is kept in `error`."""

    def __init__(self, begin: Callable[[Reply], None] | None = None, take: Take | None = None) -> None:
        self._begin = begin
        self._take = take
        self._begun = False
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
        name, mark, text = line.partition(b":")
        if mark:
            self._headers[name.strip().lower().decode("latin-1")] = text.strip().decode("latin-1")

    def receive(self, data: bytes) -> int:
        """Take bytes of the body."""
        try:
            if self._take is not None and self._status in (200, 206):
                self.begin()
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


def _set_body(curl: "pycurl.Curl", method: str, body: bytes) -> None:
    if method == "PUT":
        source = BytesIO(body)
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.INFILESIZE_LARGE, len(body))
        curl.setopt(pycurl.READFUNCTION, source.read)
        curl.setopt(pycurl.SEEKFUNCTION, lambda offset, origin: source.seek(offset, origin) and pycurl.SEEKFUNC_OK)
    elif method == "POST":
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.POSTFIELDS, body)
    elif method == "HEAD":
        curl.setopt(pycurl.NOBODY, 1)
    else:
        curl.setopt(pycurl.CUSTOMREQUEST, method)


def _encoded(query: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in sorted(query.items()))
