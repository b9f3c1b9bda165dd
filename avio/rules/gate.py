"""Waiting for a condition on a path, such as `cached>=95%`. Used by web; no Flask.

Only a look that succeeded can meet a condition: what is unknown is not met.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from avio.engines.base import Entry
from avio.errors import EngineError, NoMount, PathNotFound, Scope
from avio.rules.cache import Cache
from avio.rules.callers import LOCAL_ADMIN, Caller, Right
from avio.rules.looks import Look, Looks
from avio.wire.conditions import Condition, Standing

LOOK_SECONDS = 0.5  # between two questions whether somebody still waits


@dataclass(frozen=True, slots=True)
class Answer:
    """The terms that are not met, and the newest look; None if there is none yet."""

    unmet: list[str]
    look: Look | None


class Gate:
    """The waits of one process, which share their looks."""

    def __init__(self, cache: Cache) -> None:
        self._looks = Looks(lambda path: cache.stat(LOCAL_ADMIN, path), cache.engine.store_of)

    def wait(
        self,
        caller: Caller,
        path: str,
        condition: Condition,
        seconds: float,
        *,
        may_be_missing: bool = False,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Return when `condition` is met at `path`, after `seconds`, or soon after `is_over`.

        Raises what `Cache.stat` does, at once if it does not pass by itself. With `may_be_missing` a path that is
        not there yet is not an error.
        """
        caller.require(Right.LOOK, path)
        deadline = time.monotonic() + seconds
        seen: Look | None = None
        unmet = condition.unmet(Standing())
        while True:
            left = deadline - time.monotonic()
            number = -1 if seen is None else seen.number
            look = self._looks.newest(path, after=number, patience=min(max(0.0, left), LOOK_SECONDS))
            if look is not None:
                seen = look
                _raise_final(look.error, may_be_missing=may_be_missing)
                unmet = condition.unmet(_standing(look.entry))
            if not unmet or left <= 0 or is_over():
                break
        if seen is not None and seen.error is not None and not isinstance(seen.error, PathNotFound):
            raise seen.error.with_traceback(None)
        return Answer(unmet, seen)


def _raise_final(error: Exception | None, *, may_be_missing: bool) -> None:
    """Raise an error that another look would meet again. The waiters share it: each begins with an empty traceback."""
    if error is None or (may_be_missing and isinstance(error, PathNotFound) and not isinstance(error, NoMount)):
        return
    if not (isinstance(error, EngineError) and error.scope is Scope.RETRY):
        raise error.with_traceback(None)


def _standing(entry: Entry | None) -> Standing:
    if entry is None:
        return Standing()
    return Standing(entry.files, entry.files_cached, entry.size, entry.cached_bytes, entry.saved)
