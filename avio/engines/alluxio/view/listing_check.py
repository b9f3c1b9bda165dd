"""Checks that Alluxio's listing of a directory is the bucket's. Its sync answers OK if it could not list the bucket.

Used in the job process, beside a walk. One broken symlink or one name that is not UTF-8 hides the whole directory.
"""

import logging
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from avio.engines.alluxio.clients.errors import Refused
from avio.engines.alluxio.clients.status import Status
from avio.engines.alluxio.view.namespace import Namespace
from avio.engines.left_out import LeaveOut, LeftOut, NamesHidden, NotListed
from avio.errors import AccessDenied, EngineError, PathNotFound

THREADS = 2
MAX_WAITING = 16  # directories that the checks may be behind the walk

# Alluxio's sync raises every error of these stores, so that no listing of them fails in silence.
_LOUD = ("s3://", "s3a://")

log = logging.getLogger(__name__)


class Synced(NamedTuple):
    """A directory whose sync and listing are over. `compared` is False if it has unsaved files."""

    status: Status
    empty: bool
    compared: bool


class ListingCheck:
    """The checks of one walk, in threads beside it. `left_out` is called in the walk's thread."""

    def __init__(self, space: Namespace, left_out: LeaveOut) -> None:
        self._space = space
        self._left_out = left_out
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="listing-check")
        self._waiting: deque[tuple[str, Future[EngineError | None]]] = deque()
        self._can_compare = True
        self._warned = False

    def add(self, directory: Synced) -> None:
        """Check a directory. Its pages have been read: for a moment the check may make entries without a file."""
        self._waiting.append((directory.status.path, self._pool.submit(self._look, directory)))
        self._settle(MAX_WAITING)

    def finish(self) -> None:
        """Return when all directories are checked. Raises EngineAway if the master does not answer."""
        self._settle(0)

    def close(self) -> None:
        """End the threads. Directories that are not checked stay unchecked."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _settle(self, most: int) -> None:
        while self._waiting and (len(self._waiting) > most or self._waiting[0][1].done()):
            path, future = self._waiting.popleft()
            if (error := future.result()) is not None:
                log.warning("%s: %s", path, error.message)
                self._left_out(LeftOut.of(path, error))

    def _look(self, directory: Synced) -> EngineError | None:
        """Return why the listing of a directory is not complete, or None."""
        path, loud = directory.status.path, directory.status.ufs_path.startswith(_LOUD)
        try:
            failure, differs = self._compare(path)
            if failure:
                failure, differs = self._compare(path)  # the first error may have passed
            if differs:
                differs = self._still_differs(directory)
        except PathNotFound:  # removed meanwhile
            return None
        if not self._can_compare:
            return NotListed(_UNKNOWN) if directory.empty and not loud else None
        if failure and not loud:
            return NotListed(f"Alluxio can't list its bucket: {failure}")
        if failure:
            self._warn(f"Alluxio can't compare its listing of {path} with the bucket: {failure}")
        return NamesHidden(_HIDDEN) if differs else None

    def _still_differs(self, directory: Synced) -> bool:
        """Sync and compare again: the difference may be a new object. Then remove what the comparison made."""
        path = directory.status.path
        self._space.sync(path, recursive=False, compare=directory.compared)
        differs = self._compare(path)[1]
        if differs:
            self._space.sync(path, recursive=False, compare=directory.compared)
        return differs

    def _compare(self, path: str) -> tuple[str, bool]:
        if not self._can_compare:
            return "", False
        try:
            found = self._space.compare(path)
        except (AccessDenied, Refused) as error:
            self._warn(f"the master refuses to compare listings: {error.message}")
            found = None
        if found is None:
            self._can_compare = False
            self._warn("this access to Alluxio does not report listings that fail: empty directories are left out")
            return "", False
        return found

    def _warn(self, message: str) -> None:
        """Log one warning for each walk."""
        if not self._warned:
            self._warned = True
            log.warning(message)


_UNKNOWN = "Alluxio shows no file in it, and can't say whether it could list its bucket"
_HIDDEN = "its bucket has names that Alluxio does not show: with a '?' or a '\\', or both a file and a directory"
