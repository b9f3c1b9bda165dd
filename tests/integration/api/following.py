"""Events, rows and timers for the tests that follow a job."""

import threading
from collections.abc import Callable

from avio.db import history
from avio.db.connection import borrow
from avio.db.models import Job
from avio.wire.events import ProgressEvent
from avio.wire.progress import Counters, Progress

LIMIT = 10.0  # seconds that anything may take


def progress(job: str, seq: int, attempt: int = 1) -> ProgressEvent:
    """Return an event that says `seq` of 10 files are done."""
    return ProgressEvent(job, attempt, seq, Progress("transferring", True, Counters(10, 1000, seq, seq * 100)))


def later(seconds: float, action: Callable[[], None]) -> threading.Timer:
    """Do `action` after `seconds`, in another thread."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def read(job: str) -> Job:
    """Return a row, as the routes read it."""
    with borrow():
        found = history.find(job)
    assert found is not None
    return found
