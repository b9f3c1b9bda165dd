"""What intake holds: attempts by job, free slots, and one inbox that all its threads put their news into.

Runs in intake. No database here: `claiming` and `ending` do the writes.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from avio.clock import boottime

Task = Callable[[], None]

INBOX = 10_000


@dataclass(slots=True)
class Desk:
    """Which jobs this node has, as far as intake knows; safe to use from all of its threads."""

    slots: int
    inbox: "queue.Queue[Task]" = field(default_factory=lambda: queue.Queue(INBOX))
    _held: dict[str, int] = field(default_factory=dict)
    _draining: bool = False
    _paused: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self, job: str) -> bool:
        """Take a slot for a job that is about to be claimed; False when none is free, or the job has one."""
        with self._changed:
            if not self._has_room() or job in self._held:
                return False
            self._held[job] = 0
            return True

    def hold(self, job: str, attempt: int) -> None:
        """The slot is for this attempt."""
        with self._changed:
            self._held[job] = attempt

    def release(self, job: str) -> None:
        """The job has no slot here any more."""
        with self._changed:
            self._held.pop(job, None)
            self._changed.notify_all()

    def held(self) -> dict[str, int]:
        """Return the attempts by job; attempt 0 is a claim under way."""
        with self._changed:
            return dict(self._held)

    def free(self) -> int:
        """Return how many jobs could be taken."""
        with self._changed:
            return self.slots - len(self._held) if self._has_room() else 0

    def drain(self) -> None:
        """Take nothing further."""
        with self._changed:
            self._draining = True

    def pause(self, paused: bool) -> bool:
        """Take nothing as long as `paused` holds; tell whether that is news."""
        with self._changed:
            news, self._paused = paused != self._paused, paused
            self._changed.notify_all()
            return news

    def wait_for_slot(self, seconds: float) -> bool:
        """Wait until a slot is free, at most `seconds`; tell whether one is."""
        with self._changed:
            return self._changed.wait_for(self._has_room, seconds)

    def _has_room(self) -> bool:
        return not self._draining and not self._paused and len(self._held) < self.slots

    def ask(self, task: Task, seconds: float) -> None:
        """Have the database thread run `task`, and wait for it, at most `seconds`."""
        done = threading.Event()

        def run() -> None:
            try:
                task()
            finally:
                done.set()

        self.inbox.put(run)
        done.wait(seconds)

    def work(self, poll: Task, every: float) -> None:
        """Run the tasks of the inbox one by one, and `poll` each `every` seconds; for ever."""
        next_poll = boottime()
        while True:
            left = next_poll - boottime()
            if left <= 0:  # asked first: news without end must not hold up the wishes
                poll()
                next_poll = boottime() + every
                continue
            with suppress(queue.Empty):
                self.inbox.get(timeout=left)()
