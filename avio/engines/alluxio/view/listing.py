"""Streams of statuses: below a path, to a depth, after a place, one page of Alluxio at a time.

Used in web and the job process. Never keeps a whole directory in memory.
"""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.namespace import Namespace, order
from avio.wire.paths import is_under

PAGE_STATUSES = 1000  # statuses in one call


class PageOptions(TypedDict, total=False):
    """The function that fetches a page: see `Master.page`."""

    size: int
    load: bool
    limit: float
    mount_info: bool


def below(
    space: Namespace, path: str, *, depth: int | None, after: str | None = None, **options: Unpack[PageOptions]
) -> Iterator[Status]:
    """Yield the statuses below the directory `path`, in key order, after the path `after`."""
    if depth is None or depth == 1:
        yield from pages(space, path, recursive=depth is None, after=after, **options)
        return
    for status in _children(space, path, after):
        if after is None or order(status.path) > order(after):
            yield status
        if status.folder:
            inside = after if after is not None and is_under(after, status.path) else None
            yield from below(space, status.path, depth=depth - 1, after=inside, **options)


def _children(space: Namespace, path: str, after: str | None) -> Iterator[Status]:
    """Yield the children of `path`, beginning with the one that contains `after`."""
    if after is None or after == path:
        yield from pages(space, path, recursive=False)
        return
    name = after[len(path.rstrip("/")) + 1 :].partition("/")[0]
    child = f"{path.rstrip('/')}/{name}"
    yield space.status(child)
    yield from pages(space, path, recursive=False, after=child)


def pages(
    space: Namespace, path: str, *, recursive: bool, after: str | None = None, **options: Unpack[PageOptions]
) -> Iterator[Status]:
    """Yield the statuses of `path`, after the path `after`, page by page."""
    options.setdefault("size", PAGE_STATUSES)
    options.setdefault("mount_info", False)
    more = True
    while more:
        page = space.page(path, recursive=recursive, after=after, **options)
        yield from page.statuses
        more = page.more and bool(page.statuses)
        if more:
            after = page.statuses[-1].path
