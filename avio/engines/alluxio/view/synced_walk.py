"""The files of a tree, each directory compared with its bucket before it is listed.

Used in the job process.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain

from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.directories_ahead import DirectoriesAhead
from avio.engines.alluxio.view.entries import is_saved
from avio.engines.alluxio.view.listing import pages
from avio.engines.alluxio.view.listing_check import ListingCheck, Synced
from avio.engines.alluxio.view.lookup import get_status
from avio.engines.alluxio.view.namespace import Namespace
from avio.engines.alluxio.view.read_ahead import read_ahead
from avio.engines.left_out import LeaveOut, ignore
from avio.errors import PathNotFound
from avio.wire.paths import depth_below

FILES_AHEAD = 8  # files that are compared one by one, at once and ahead of their turn


def synced(
    space: Namespace,
    top: Status,
    *,
    depth: int | None,
    each_file: bool = False,
    left_out: LeaveOut = ignore,
    beat: Callable[[], object] = lambda: None,
) -> Iterator[Status]:
    """Yield the files below the directory `top`.

    A directory with unsaved files is not compared, since Alluxio would drop a file with an object of its name. With
    `each_file` its saved files are compared one by one; otherwise they are as Alluxio knew them. Calls `left_out` with
    directories of which Alluxio does not show everything, and `beat` for what takes time and yields no file.
    """
    directories = [top]
    with (
        closing(ListingCheck(space, left_out)) as check,
        closing(DirectoriesAhead(space)) as ahead,
        closing(_FilesAhead(space)) as files,
    ):
        while directories:
            directory = directories.pop()
            compared, page = ahead.open(directory, directories)
            beat()
            rest: Iterator[Status] = iter(())
            if page.more and page.statuses:
                after = page.statuses[-1].path
                rest = pages(space, directory.path, recursive=False, after=after, mount_info=True)
            empty, inside = True, []
            statuses = chain(page.statuses, rest)
            for status, now in files.compared(statuses) if each_file and not compared else map(_as_known, statuses):
                empty = False
                if not status.folder:
                    if now is not None:
                        yield now
                    else:
                        beat()
                elif depth is None or depth_below(status.path, top.path) < depth:
                    inside.append(status)
            check.add(Synced(directory, empty, compared=compared))
            directories += reversed(inside)  # the first is the next one
        check.finish()


def _as_known(status: Status) -> tuple[Status, Status | None]:
    return status, status


class _FilesAhead:
    """The files of one walk that are compared one by one, side by side. `close` ends the threads."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self._pool = ThreadPoolExecutor(FILES_AHEAD, thread_name_prefix="files")

    def compared(self, statuses: Iterable[Status]) -> Iterator[tuple[Status, Status | None]]:
        """Yield each status with that of the file now, in order: see `_compared`."""
        return read_ahead(self._pool, partial(_compared, self._space), statuses, FILES_AHEAD)

    def close(self) -> None:
        """Compare no other file."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _compared(space: Namespace, known: Status) -> Status | None:
    """Return a file as its bucket has it now, None if there is no file any more; a directory as it is known.

    It is asked for before the bucket is: a program may have written it anew, and Alluxio would drop the unsaved file.
    """
    if known.folder:
        return known
    try:
        now = get_status(space, known.path)
        if is_saved(now) and not now.folder:
            now = get_status(space, known.path, sync=True)
    except PathNotFound:
        return None
    return None if now.folder else now
