"""Streams of the namespace: what lies below a path, to a depth, after a place, a page of Alluxio's at a time.

Used in web and the job process. Never holds a directory whole.
"""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from avio.engines.alluxio.namespace import Namespace, order
from avio.engines.alluxio.states import is_saved
from avio.engines.alluxio.status import Status
from avio.wire.paths import depth_below, is_under

PAGE = 1000  # statuses that one call brings


class Asking(TypedDict, total=False):
    """How a page is asked for: see `Master.page`."""

    size: int
    load: bool
    limit: float
    mount_info: bool


def below(
    space: Namespace, path: str, *, depth: int | None, after: str | None = None, **options: Unpack[Asking]
) -> Iterator[Status]:
    """Yield the statuses of what lies below the directory `path`, in key order, after the path `after`."""
    if depth is None or depth == 1:
        yield from _pages(space, path, recursive=depth is None, after=after, **options)
        return
    for status in _children(space, path, after):
        if after is None or order(status.path) > order(after):
            yield status
        if status.folder:
            inside = after if after is not None and is_under(after, status.path) else None
            yield from below(space, status.path, depth=depth - 1, after=inside, **options)


def synced(space: Namespace, path: str, *, depth: int | None) -> Iterator[Status]:
    """Yield the files below the directory `path`, each directory compared with its bucket before it is listed.

    A directory with unsaved files is not compared: Alluxio would drop one for an object of its name.
    """
    directories = [path]
    while directories:
        directory = directories.pop()
        known = _pages(space, directory, recursive=False, load=False)
        unsaved = any(not status.folder and not is_saved(status) for status in known)
        space.sync(directory, recursive=False, compare=not unsaved)
        inside = []
        for status in _pages(space, directory, recursive=False, mount_info=True):
            if not status.folder:
                yield status
            elif depth is None or depth_below(status.path, path) < depth:
                inside.append(status.path)
        directories += reversed(inside)  # the next to be taken is the first


def _children(space: Namespace, path: str, after: str | None) -> Iterator[Status]:
    """Yield the children of `path`, beginning with the one that `after` lies in."""
    if after is None or after == path:
        yield from _pages(space, path, recursive=False)
        return
    name = after[len(path.rstrip("/")) + 1 :].partition("/")[0]
    child = f"{path.rstrip('/')}/{name}"
    yield space.status(child)
    yield from _pages(space, path, recursive=False, after=child)


def _pages(
    space: Namespace, path: str, *, recursive: bool, after: str | None = None, **options: Unpack[Asking]
) -> Iterator[Status]:
    options.setdefault("size", PAGE)
    options.setdefault("mount_info", False)
    more = True
    while more:
        page = space.page(path, recursive=recursive, after=after, **options)
        yield from page.statuses
        more = page.more and bool(page.statuses)
        if more:
            after = page.statuses[-1].path
