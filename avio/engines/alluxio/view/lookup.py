"""Fresh statuses of many files, by pages of their directories instead of one call for each file.

Used in the job process. Files of one directory cost one page for a thousand; files alone in theirs, and few ones, cost
one call each.
"""

import itertools
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.namespace import Namespace, StatusSource, order
from avio.engines.base import Entry
from avio.errors import PathNotFound

BATCH_FILES = 500  # files that are looked up together
MAX_CALLS = 8  # calls at once
FEW_FILES = 4  # fewer files are looked up one by one
SLACK_FACTOR = 3  # a range may have this many times the number of requested paths

_NOT_IN_NAMES = {ord("/"), ord("?"), ord("\\"), *range(0xD800, 0xE000)}


class Lookup:
    """Looks up batches of files. `close` ends its threads."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._pool = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="status")

    def statuses(self, paths: Collection[str]) -> dict[str, Status | None]:
        """Return the status of each path, or None if there is no such file."""
        found: dict[str, Status | None] = {}
        for statuses in self._pool.map(self._of_directory, _by_directory(paths)):
            found.update(statuses)
        rest = sorted((path for path in paths if path not in found), key=order)
        if len(rest) >= FEW_FILES:
            found.update(self._of_range(rest))
            rest = [path for path in rest if path not in found]
        found.update(zip(rest, self._pool.map(self._one, rest), strict=True))
        return found

    def afresh(self, path: str) -> Status | None:
        """Return the status of a file after a check of its bucket, or None if there is no such file."""
        return find_file(self._space, path, sync=True)

    def close(self) -> None:
        """End the threads once their calls are over."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _one(self, path: str) -> Status | None:
        return find_file(self._space, path)

    def _of_directory(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the statuses of files of one directory, in key order, that its pages have."""
        return dict(self._of_pages(_parent(paths[0]), paths, before(paths[0]), recursive=False))

    def _of_range(self, paths: Sequence[str]) -> Iterator[tuple[str, Status]]:
        """Yield the statuses of files of several directories, in key order, without the first one."""
        root = os.path.commonpath([_parent(path) for path in paths])
        return self._of_pages(root, paths[1:], paths[0], recursive=True)

    def _of_pages(
        self, root: str, paths: Sequence[str], after: str | None, *, recursive: bool
    ) -> Iterator[tuple[str, Status]]:
        """Yield the statuses of the range behind `after`, until all were seen, or too many others."""
        wanted = set(paths)
        left = SLACK_FACTOR * len(paths)
        while wanted and left > 0:
            size = min(left, len(paths))
            try:
                page = self._space.page(root, recursive=recursive, size=size, after=after, load=False)
            except PathNotFound:
                return
            for status in page.statuses:
                if status.path in wanted and not status.folder:
                    wanted.discard(status.path)
                    yield status.path, status
            if not page.more or not page.statuses:
                return
            after = page.statuses[-1].path
            left -= len(page.statuses)


def before(path: str) -> str | None:
    """Return a place of the listing of its directory directly before `path`, or None for its beginning.

    A page begins after such a place, whether there is something or not.
    """
    last = ord(path[-1]) - 1
    while last in _NOT_IN_NAMES:
        last -= 1
    if last > ord(" "):
        return f"{path[:-1]}{chr(last)}~"
    return None if path[-2:-1] == "/" else path[:-1]


def _by_directory(paths: Iterable[str]) -> list[list[str]]:
    """Return the paths of each directory that has some of them, in key order."""
    of: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        of[path.rpartition("/")[0]].append(path)
    return [sorted(each) for each in of.values() if len(each) >= FEW_FILES]


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def get_status(space: StatusSource, path: str, *, sync: bool = False) -> Status:
    """Return the status of a path. Raise PathNotFound also if a parent of it is a file."""
    try:
        return space.status(path, sync=sync)
    except Refused as error:
        if error.code != "INVALID_ARGUMENT":
            raise
        raise PathNotFound(error.message) from None


def find_file(space: StatusSource, path: str, *, sync: bool = False) -> Status | None:
    """Return the status of a file, or None if it does not exist or is a directory."""
    try:
        status = get_status(space, path, sync=sync)
    except PathNotFound:
        return None
    return None if status.folder else status


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut a stream into batches."""
    stream = iter(entries)
    while batch := list(itertools.islice(stream, BATCH_FILES)):
        yield batch
