"""Runs tasks that need the database, which may be unavailable for a while.

Runs in intake. No error of a task ends the thread that runs it.
"""

import logging
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeVar

from avio.clock import boottime
from avio.db.away import is_stopped
from avio.db.connection import AWAY, borrow
from avio.errors import Unavailable

RETRY_SECONDS = 1.0

# How often a task is tried that fails while the database is there.
TRIES = 3

# How often an error that repeats is logged.
LOG_SECONDS = 60.0

T = TypeVar("T")
Task = Callable[[], object]

log = logging.getLogger(__name__)


class Outcome(Enum):
    """The outcome of a task that was tried a few times."""

    DONE = auto()
    STOPPED = auto()  # the database does not get it done at present, whatever it would store: try it again later
    FAILED = auto()  # it fails by itself


class Poll:
    """Tasks that repeat by themselves: one that fails delays no other, and its error is logged once a minute."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = tasks
        self._logged: dict[str, float] = {}

    def run(self) -> None:
        """Run each task; give up if the database is unavailable."""
        try:
            with borrow():
                for task in self._tasks:
                    self._run(task)
        except AWAY as error:
            log.warning("database unavailable", extra={"why": str(error)})

    def _run(self, task: Task) -> None:
        try:
            with borrow():
                task()
        except AWAY:
            raise
        except Exception as error:
            now, text = boottime(), repr(error)
            if now - self._logged.get(text, float("-inf")) > LOG_SECONDS:
                self._logged = {text: now for text, at in self._logged.items() if now - at < LOG_SECONDS} | {text: now}
                log.exception("a task of intake failed; it is tried again")


def wait_until_done(task: Callable[[], T]) -> T:
    """Run a task, without which nothing goes on, until it succeeds."""
    while True:
        try:
            with borrow():
                return task()
        except (*AWAY, Unavailable) as error:
            log.warning("database unavailable", extra={"why": str(error)})
        except Exception:
            log.exception("a task of intake failed; it is tried again")
        time.sleep(RETRY_SECONDS)


def retry_until_done(task: Task) -> Outcome:
    """Run a task that must not be lost, however long the database is unavailable.

    Give up after `TRIES` other errors: nothing may wait for it any longer. The last error decides the outcome.
    """
    outcome = Outcome.DONE
    for _ in range(TRIES):
        try:
            _wait_for_database(task)
            return Outcome.DONE
        except Exception as error:
            outcome = Outcome.STOPPED if is_stopped(error) else Outcome.FAILED
            log.exception("a task of intake failed")
            time.sleep(RETRY_SECONDS)
    return outcome


def _wait_for_database(task: Task) -> None:
    while True:
        try:
            with borrow():
                task()
            return
        except (*AWAY, Unavailable) as error:
            log.warning("database unavailable", extra={"why": str(error)})
            time.sleep(RETRY_SECONDS)
