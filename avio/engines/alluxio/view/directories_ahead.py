"""Compares directories with their bucket and reads their first pages, some ahead of a walk, side by side.

Used in the job process. A bucket takes its time for each directory, and many at once take little more.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from avio.engines.alluxio.clients.master import StatusPage
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.entries import is_saved
from avio.engines.alluxio.view.listing import PAGE_STATUSES, pages
from avio.engines.alluxio.view.namespace import Namespace

AHEAD = 4  # directories at once
MAX_BEGUN = 16  # directories whose first pages wait for the walk


class Opened(NamedTuple):
    """A directory that was synced, and its first page. `compared` is False if it has unsaved files."""

    compared: bool
    page: StatusPage


class DirectoriesAhead:
    """The directories of one walk, which takes them from the end of a stack. `close` ends the threads."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="directories")
        self._begun: dict[str, Future[Opened]] = {}

    def open(self, directory: Status, stack: list[Status]) -> Opened:
        """Return `directory` with its first page, then begin with the next ones of `stack`. Raises as the calls."""
        opened = (self._begun.pop(directory.path, None) or self._begin(directory)).result()
        self._begin_with(islice(reversed(stack), AHEAD))
        return opened

    def close(self) -> None:
        """Begin with no other directory."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin_with(self, directories: Iterable[Status]) -> None:
        for directory in directories:
            if directory.path not in self._begun and len(self._begun) < MAX_BEGUN:
                self._begun[directory.path] = self._begin(directory)

    def _begin(self, directory: Status) -> "Future[Opened]":
        return self._pool.submit(self._open, directory)

    def _open(self, directory: Status) -> Opened:
        """Compare it, unless it has unsaved files: Alluxio would drop one if an object has its name."""
        path = directory.path
        known = pages(self._space, path, recursive=False, load=False)
        unsaved = any(not status.folder and not is_saved(status) for status in known)
        self._space.sync(path, recursive=False, compare=not unsaved)
        page = self._space.page(path, recursive=False, size=PAGE_STATUSES, mount_info=True)
        return Opened(not unsaved, page)
