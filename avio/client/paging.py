"""Going from page to page until the API says that there is no more."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from avio.client.problems import Unreachable
from avio.client.shapes import JobPage, ListPage

Page = TypeVar("Page", ListPage, JobPage)


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
            raise Unreachable("the server gives the same page again", why=f"page token {token}", cure="tell the admin")
