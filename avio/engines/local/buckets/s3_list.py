"""Asks an S3-like store for one page of a listing, by libcurl, which keeps connections and signs requests.

Own code: obstore takes a page that is an error, HTML or cut off for the end of a listing.
Used in web and the job process.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from avio.engines.local.buckets.archived import archived_keys
from avio.engines.local.buckets.idle_handles import IdleHandles
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.pace import Pace
from avio.engines.local.buckets.s3_list_request import ListRequest
from avio.engines.local.buckets.s3_list_xml import ListPage, NotAListing, Unparsable, likely_token, read_page, repaired
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.store_errors import no_answer, read_refusal, refusal
from avio.errors import BadReply, EngineAway, EngineError, Gone, StoreError

PAGE_KEYS = 1000
LONG_WAIT_SECONDS = 1.0  # of a request for its reader


class Ask(NamedTuple):
    """What to list. Keys count from the bucket's root."""

    prefix: str
    after: str = ""
    token: str | None = None
    delimiter: str = ""
    size: int = PAGE_KEYS

    def query(self, *, encoded: bool) -> str:
        """Return the query, sorted by name as its signature wants it."""
        first = self.after if self.token is None else ""
        members = {
            "continuation-token": self.token or "",
            "delimiter": self.delimiter,
            "encoding-type": "url" if encoded else "",
            "list-type": "2",
            "max-keys": str(self.size),
            "prefix": self.prefix,
            "start-after": first,
        }
        return "&".join(
            f"{name}={quote(text, safe='', errors='surrogateescape')}" for name, text in members.items() if text
        )


class S3List:
    """Pages of one bucket. `name` is how messages call it. Safe to call from several threads."""

    def __init__(self, place: S3Place, name: str) -> None:
        self._place = place
        self._name = name
        self._idle: IdleHandles[ListRequest] = IdleHandles()

    def begin(self, ask: Ask, pace: Pace) -> ListRequest:
        """Ask for a page that `page` will read, or the caller closes. Raises EngineAway if that can't be begun."""
        request = self._request()
        try:
            request.begin(self._url(ask, encoded=False), pace)
        except (pycurl.error, OSError) as error:
            request.close()
            raise no_answer(self._name, error) from None
        return request

    def page(
        self, ask: Ask, pace: Pace, begun: ListRequest | None = None, see_token: Callable[[str], None] | None = None
    ) -> ListPage:
        """Return a page. Raises EngineAway, BadReply, AccessDenied, StoreError; tries again while `pace` allows it.

        `begun` is the request of `begin` for the same page. `see_token` is called with what looks like the token of the
        next page, before this one is read.
        """
        begin = time.monotonic()
        wait = 0.1
        while True:
            try:
                page = self._ask(ask, pace, begun, see_token)
            except (EngineAway, BadReply) as error:
                limit = pace.bad_reply_seconds if isinstance(error, BadReply) else pace.retry_seconds
                if time.monotonic() - begin + wait > limit:
                    raise
            else:
                return self._checked(ask, page)
            begun = None
            time.sleep(wait)
            wait = min(wait * 2, 2.0)

    def _ask(
        self, ask: Ask, pace: Pace, begun: ListRequest | None, see_token: Callable[[str], None] | None
    ) -> ListPage:
        """Ask for plain keys. If some can't be read, ask for encoded keys, which any store can write."""
        body = self._body(ask, pace, encoded=False, begun=begun)
        if see_token is not None and (token := likely_token(body)):
            see_token(token)
        try:
            page = self._read(body)
        except Unparsable:
            if b"ListBucketResult" not in body[:1000]:
                raise self._no_listing("no XML", body) from None
        else:
            if not page.lossy:
                return page
        body = self._body(ask, pace, encoded=True)
        try:
            return self._read(body)
        except Unparsable:
            pass
        try:
            return repaired(body)
        except NotAListing as error:
            raise self._no_listing(str(error), body) from None

    def _body(self, ask: Ask, pace: Pace, *, encoded: bool, begun: ListRequest | None = None) -> bytes:
        request = begun or self._request()
        try:
            status, body, headers = begun.end() if begun else request.get(self._url(ask, encoded=encoded), pace)
        except (pycurl.error, OSError) as error:
            request.close()
            if begun and begun.waited > LONG_WAIT_SECONDS:  # too long, perhaps, for the store or for libcurl's limits
                return self._body(ask, pace, encoded=encoded)
            raise no_answer(self._name, error) from None
        self._idle.give_back(request)
        if status != 200:
            raise self._refusal(status, body, headers)
        return body

    def _request(self) -> ListRequest:
        return self._idle.take() or ListRequest(self._place)

    def _url(self, ask: Ask, *, encoded: bool) -> str:
        return f"{self._place.url}?{ask.query(encoded=encoded)}"

    def _refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> EngineError:
        said = read_refusal(status, body, headers)
        error = refusal(self._name, said)
        if isinstance(error, Gone):
            unknown = StoreError(
                f"{self._name}: the store knows no such bucket ({said.text})",
                cure="correct the mount's url and endpoint",
            )
            unknown.public = f"the store knows no such bucket; {unknown.cure}"
            return unknown
        return error

    def _read(self, body: bytes) -> ListPage:
        try:
            page = read_page(body)
            return page._replace(archived=archived_keys(body, page.rows)) if page.rows else page
        except Unparsable:
            raise
        except NotAListing as error:
            raise self._no_listing(str(error), body) from None

    def _no_listing(self, why: str, body: bytes) -> EngineError:
        """Return the error of a body with status 200 that is not a listing: an error, HTML, half an answer."""
        said = read_refusal(0, body)
        if not said.code:
            return BadReply(f"{self._name}: the store's answer is not a complete listing: {why}")
        error = self._refusal(0, body, {})
        return BadReply(error.message, cure=error.cure) if isinstance(error, EngineAway) else error

    def _checked(self, ask: Ask, page: ListPage) -> ListPage:
        """Return `page` if it answers `ask`."""
        alias = self._place.bucket.endswith("-s3alias") or self._place.bucket.startswith("arn:")
        if page.bucket and not alias and page.bucket != self._place.bucket.rpartition(":")[2]:
            raise BadReply(f"{self._name}: the store lists another bucket, {page.bucket!r}")
        for key in (*(row[0] for row in page.rows), *page.prefixes) if ask.prefix else ():
            if not key.startswith(ask.prefix):
                raise BadReply(f"{self._name}: the store lists {key!r}, which is not below {ask.prefix!r}")
        return page
