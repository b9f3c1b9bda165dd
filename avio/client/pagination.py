"""Going from page to page until the API says that there is no more."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from avio.client.errors import Unreachable
from avio.client.keep_shapes import KeepPage
from avio.client.schedule_shapes import SchedulePage
from avio.client.shapes import FailurePage, FileListPage, JobPage, ListPage
from avio.client.webhook_shapes import DeliveryPage

Page = TypeVar("Page", ListPage, JobPage, FailurePage, FileListPage, DeliveryPage, SchedulePage, KeepPage)


def pages(fetch: Callable[[str | None], Page]) -> Iterator[Page]:
    """Yield every page; `fetch` gets the page token, None for the first page."""
    token = None
    while True:
        page = fetch(token)
        yield page
        before, token = token, page["nextPageToken"]
        if token is None:
            return
        if token == before:
            raise Unreachable(
                "the server returned the same page twice", why=f"page token {token}", cure="report this to an admin"
            )
