"""Files that can't be checked after a job: each fails alone, unless its error concerns all files.

Used by both engines, in the job process.
"""

import logging
from collections.abc import Callable

from avio.engines.base import Entry
from avio.engines.left_out import Unchecked
from avio.engines.retry import with_retries
from avio.engines.run import Run
from avio.engines.sums import nowhere
from avio.errors import EngineAway, EngineError, Scope
from avio.terminal.cells import printable

log = logging.getLogger(__name__)


def concerns_all(error: EngineError) -> bool:
    """Return True if no other file can be checked either: the store is unavailable, or the job must end."""
    return error.scope is Scope.JOB or isinstance(error, EngineAway)


def checked(check: Callable[[Entry], Entry], entry: Entry, run: Run, unchecked: Unchecked) -> Entry:
    """Return `check(entry)`. If it fails alone after its tries, call `unchecked` and return it as in no place.

    Raises errors that concern all files, what `unchecked` raises, and `Stopped`.
    """
    result, _ = with_retries(check, entry, run)
    if not isinstance(result, EngineError):
        return result
    if concerns_all(result):
        raise result
    log.warning("%s can't be checked: %s", printable(entry.path), printable(str(result)))
    unchecked(entry.path, result)
    return nowhere(entry.path)
