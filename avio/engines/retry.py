"""Tries again after an error that may pass: a number of times for an entry, or for some seconds for a call.

Used by both engines, in web and the job process. Opens no connection.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from avio.engines.base import Entry
from avio.engines.cancel import Stopped, sleep
from avio.engines.run import Run
from avio.errors import EngineError, Scope
from avio.terminal.cells import printable

T = TypeVar("T")

MAX_TRIES = 5  # for an entry
ENTRY_BACKOFF_SECONDS = 0.2
CALL_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 2.0

log = logging.getLogger(__name__)


def with_retries(work: Callable[[Entry], T], entry: Entry, run: Run) -> tuple[T | EngineError, int]:
    """Return what `work(entry)` gave, or its last error, and the number of tries.

    Errors of scope RETRY are tried again, up to MAX_TRIES in all; errors of scope JOB and anything else than
    EngineError are raised. Raises `Stopped` if the attempt must stop between two tries. A store that asks for a longer
    pause gets it.
    """
    waits = _backoff(ENTRY_BACKOFF_SECONDS)
    for tries in range(1, MAX_TRIES + 1):
        try:
            return work(entry), tries
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            if error.scope is Scope.FILE or tries == MAX_TRIES:
                return error, tries
            log.info("another try of %s: %s: %s", printable(entry.path), error.reason, printable(str(error)))
            pause = error.pause
        if not sleep(max(pause, next(waits)), run.stopping):
            raise Stopped
    raise AssertionError("the last try returns")


def with_patience(call: Callable[[], T], seconds: float, again: type[EngineError] = EngineError) -> T:
    """Return `call()`, repeated while it raises `again` of scope RETRY and `seconds` have not passed.

    Only for calls that may be repeated without harm after such an error.
    """
    deadline = time.monotonic() + seconds
    for wait in _backoff(CALL_BACKOFF_SECONDS):
        try:
            return call()
        except again as error:
            left = deadline - time.monotonic()
            if error.scope is not Scope.RETRY or left <= 0:
                raise
        time.sleep(min(left, wait))
    raise AssertionError("the waits never end")


def _backoff(first: float) -> Iterator[float]:
    """Yield the seconds before each further try: doubled each time up to a bound, with jitter."""
    wait = first
    while True:
        yield wait * random.uniform(0.5, 1.5)
        wait = min(MAX_BACKOFF_SECONDS, 2 * wait)
