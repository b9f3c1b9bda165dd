"""The inbox of intake's database thread: other threads put tasks in, one thread runs them in order.

Runs in intake. Knows nothing of the database itself.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from avio.clock import boottime

Task = Callable[[], object]

MAX_TASKS = 10_000

log = logging.getLogger(__name__)


class Inbox:
    """A queue of tasks; safe to use from all threads of intake."""

    def __init__(self) -> None:
        self._tasks: queue.Queue[Task] = queue.Queue(MAX_TASKS)

    def put(self, task: Task) -> None:
        """Have the database thread run `task`; do not wait for it."""
        self._tasks.put(task)

    def put_and_wait(self, task: Task, seconds: float) -> None:
        """Have the database thread run `task`, and wait until it is done, at most `seconds`."""
        done = threading.Event()

        def run() -> None:
            try:
                task()
            finally:
                done.set()

        self._tasks.put(run)
        done.wait(seconds)

    def run(self, poll: Task, poll_seconds: float) -> None:
        """Run the tasks one by one, and `poll` each `poll_seconds`. Never returns, whatever a task raises."""
        next_poll = boottime()
        while True:
            left = next_poll - boottime()
            if left <= 0:  # asked first: an endless stream of tasks must not delay the poll
                _run(poll)
                next_poll = boottime() + poll_seconds
                continue
            with suppress(queue.Empty):
                _run(self._tasks.get(timeout=left))


def _run(task: Task) -> None:
    try:
        task()
    except Exception:
        log.exception("a task of intake failed; the others go on")
