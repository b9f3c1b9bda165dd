"""Fresh statuses of many files: by pages of the range they lie in, not by one call a file.

Used in the job process. Files that come in the order of a listing cost a page a thousand; others a call each.
"""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from avio.engines.alluxio.errors import Refused
from avio.engines.alluxio.namespace import Answering, Namespace
from avio.engines.alluxio.status import Status
from avio.engines.base import Entry
from avio.errors import PathNotFound

BATCH = 500  # files that are looked up together
ABREAST = 8  # calls for single files
FEW = 4  # fewer files than this are asked for one by one
SLACK = 3  # a range may hold this many times as many paths as are asked for


class Lookup:
    """Looks up batches of files. `close` ends its threads."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._pool = ThreadPoolExecutor(ABREAST, thread_name_prefix="status")

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the status of each path, None where there is no such file."""
        found: dict[str, Status | None] = {}
        if len(paths) >= FEW:
            found.update(self._by_range(paths))
        rest = [path for path in paths if path not in found]
        found.update(zip(rest, self._pool.map(self._one, rest), strict=True))
        return found

    def afresh(self, path: str) -> Status | None:
        """Return the status of a file after a look into its bucket, None where there is no such file."""
        return one(self._space, path, sync=True)

    def close(self) -> None:
        """End the threads once their calls are over."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _one(self, path: str) -> Status | None:
        return one(self._space, path)

    def _by_range(self, paths: Sequence[str]) -> Iterator[tuple[str, Status]]:
        """Yield what lies in the range that begins with the first path, until all were seen, or too much else was."""
        wanted = set(paths[1:])
        root = os.path.commonpath([path.rpartition("/")[0] or "/" for path in paths])
        flat = all(path.rpartition("/")[0] in ("", root) for path in paths)
        after, left = paths[0], SLACK * len(paths)
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


def there(space: Answering, path: str, *, sync: bool = False) -> Status:
    """Return the status of a path; PathNotFound also where a part of it is a file."""
    try:
        return space.status(path, sync=sync)
    except Refused as error:
        if error.code != "INVALID_ARGUMENT":
            raise
        raise PathNotFound(error.message) from None


def one(space: Answering, path: str, *, sync: bool = False) -> Status | None:
    """Return the status of a file; None where it is nowhere, or a directory."""
    try:
        status = there(space, path, sync=sync)
    except PathNotFound:
        return None
    return None if status.folder else status


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut a stream into batches."""
    stream = iter(entries)
    while batch := list(itertools.islice(stream, BATCH)):
        yield batch
