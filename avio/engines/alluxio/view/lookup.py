"""Fresh statuses of many files, by pages of their range instead of one call for each file.

Used in the job process. Files in the order of a listing cost one page for a thousand; others cost one call each.
"""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.namespace import Namespace, StatusSource
from avio.engines.base import Entry
from avio.errors import PathNotFound

BATCH_FILES = 500  # files that are looked up together
MAX_CALLS = 8  # calls for single files
FEW_FILES = 4  # fewer files are looked up one by one
SLACK_FACTOR = 3  # a range may have this many times the number of requested paths


class Lookup:
    """Looks up batches of files. `close` ends its threads."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._pool = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="status")

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the status of each path, or None if there is no such file."""
        found: dict[str, Status | None] = {}
        if len(paths) >= FEW_FILES:
            found.update(self._by_range(paths))
        rest = [path for path in paths if path not in found]
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

    def _by_range(self, paths: Sequence[str]) -> Iterator[tuple[str, Status]]:
        """Yield the statuses of the range from the first path, until all were seen, or too many others."""
        wanted = set(paths[1:])
        root = os.path.commonpath([path.rpartition("/")[0] or "/" for path in paths])
        flat = all(path.rpartition("/")[0] in ("", root) for path in paths)
        after, left = paths[0], SLACK_FACTOR * len(paths)
        while wanted and left > 0:
            size = min(left, len(paths))
            try:
                page = self._space.page(root, recursive=not flat, size=size, after=after)
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
