"""Frees a path: at once if few files are cached, else by a job. Used by web."""

import time
from collections.abc import Callable

from avio.db.connection import borrow
from avio.db.models import Job
from avio.engines.base import Side
from avio.engines.tier import Freed
from avio.errors import IsDirectory, TooLarge
from avio.rules import keeps, ownership
from avio.rules.callers import Caller
from avio.rules.jobs import Service
from avio.wire.keeps import FRESH_SECONDS

# A call drops at most this many cached files. More files need a job.
FREE_FILES_MAX = 10_000


def free(
    service: Service, caller: Caller, path: str, *, recursive: bool, as_job: bool = False, key: str | None = None
) -> Freed | Job:
    """Drop `path` from the cache, a directory only if `recursive`. Return the dropped files, or the job that does it.

    Raises Forbidden with the name of the owner, IsDirectory, Unsaved with the name of the file, and the errors of the
    engine and of `Service.submit`; then it drops nothing. `key` is the Idempotency-Key of a job. Raises Kept, also for
    a keep that is made while files are dropped: those before it are gone.
    """
    ownership.require_freeable(caller, path, recursive=recursive)
    if not as_job:
        try:
            with service.places.use(path), service.engine.freeing(path):
                # Again: a job that comes after this check waits for the end of the free.
                asked_at = ownership.require_freeable(caller, path, recursive=recursive)
                freed = service.engine.free(
                    path, recursive=recursive, limit=FREE_FILES_MAX, dropped=_looking_again(caller, path)
                )
        except TooLarge:
            pass
        else:
            ownership.release(path, asked_at)
            return freed
    with service.places.use(path):
        first = next(service.engine.walk(path, depth=None, side=Side.CACHE), None)
    if first is not None and first.path != path and not recursive:
        raise IsDirectory(f"{path} is a directory")
    return service.order_free(caller, path, recursive=recursive, key=key)


def _looking_again(caller: Caller, path: str) -> Callable[[], None]:
    """Return what is called between two drops: it raises Kept within FRESH_SECONDS of a new keep."""
    looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        if time.monotonic() - looked < FRESH_SECONDS:
            return
        with borrow():
            keeps.require_not_kept(caller, path)
        looked = time.monotonic()

    return look
