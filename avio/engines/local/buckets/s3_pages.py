"""The pages of one listing of an S3-like store, each asked for as soon as the page before has named it.

Used in web and the job process. Holds one page, and one request.
"""

import time
from collections.abc import Generator
from contextlib import suppress

from avio.engines.local.buckets.key_order import Cycle, endless
from avio.engines.local.buckets.pace import OutOfTime, Pace
from avio.engines.local.buckets.s3_list import Ask, S3List
from avio.engines.local.buckets.s3_list_request import ListRequest
from avio.engines.local.buckets.s3_list_xml import ListPage
from avio.errors import EngineAway

MAX_EMPTY_PAGES = 10_000  # in a row; stores with many deleted objects send some


class S3Pages:
    """The pages that `ask` begins with. `name` is how messages call the bucket.

    With the `ahead` of `pace` a page is asked for before the one before it is read. Few readers of a first page need
    another: the second page is asked for like that if the reader is `eager`.
    """

    def __init__(self, pages: S3List, name: str, ask: Ask, pace: Pace, *, eager: bool) -> None:
        self._list = pages
        self._name = name
        self._ask = ask
        self._pace = pace
        self._begins = eager and pace.ahead
        self._begun: tuple[str | None, ListRequest] | None = None  # the request for the page of this token

    def run(self) -> Generator[ListPage, None, None]:
        """Yield the pages up to the one that the store calls the last. Raises as `S3List.page`, OutOfTime."""
        cycle = Cycle()
        empty = 0
        try:
            self._begin(None)
            while True:
                page = self._next()
                yield page
                if page.token is None:
                    return
                empty = 0 if page.rows or page.prefixes else empty + 1
                if cycle.repeats(page.token) or empty > MAX_EMPTY_PAGES:
                    raise endless(self._name)
                if time.monotonic() > self._pace.until:
                    cure = "list a smaller directory, or wait"
                    raise OutOfTime(f"{self._name}: the store lists too slowly", cure=cure)
                self._ask = self._ask._replace(token=page.token)
                self._begins = self._pace.ahead
        finally:
            self._drop()

    def _next(self) -> ListPage:
        begun, self._begun = self._begun, None  # whatever its answer, the list has the request now
        page = self._list.page(self._ask, self._pace, begun[1] if begun else None, self._begin)
        self._drop(but=page.token)
        return page

    def _begin(self, token: str | None) -> None:
        """Ask for the page of `token`. If that can't be begun, `_next` asks for it, with patience."""
        self._drop()
        if self._begins:
            with suppress(EngineAway):
                self._begun = (token, self._list.begin(self._ask._replace(token=token), self._pace))

    def _drop(self, but: str | None = None) -> None:
        """Close a request that nobody will read: any, or one for another page than that of the token `but`."""
        if self._begun is not None and (but is None or self._begun[0] != but):
            self._begun[1].close()
            self._begun = None
