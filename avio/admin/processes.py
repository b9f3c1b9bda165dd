"""The processes under one roof: started, looked after, started again with back-off, stopped in order.

Runs in `avio-server up`, on one thread; the clock and the way to start a process are handed in.
"""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from avio.clock import boottime

# Seconds before a process that ended is started again: doubled each time, up to the longest,
# and the first again once it has been up for a while.
FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
STEADY = 30.0

SETTLED = 1.0  # seconds after which a start counts as one

TURN = 0.1  # seconds between two looks


class Process(Protocol):
    """A started process, as far as it matters here."""

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""

    def terminate(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it and its group at once."""


@dataclass(slots=True)
class _Watched:
    name: str
    process: Process | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float = 0.0


class Roof:
    """Processes by name, in the order in which they are stopped; they start the other way round.

    `start` starts one by its name, `say` takes a line for people.
    """

    def __init__(
        self,
        names: Sequence[str],
        start: Callable[[str], Process],
        *,
        say: Callable[[str], None],
        clock: Callable[[], float] = boottime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._watched = [_Watched(name) for name in names]
        self._start = start
        self._say = say
        self._clock = clock
        self._sleep = sleep

    def tend(self) -> None:
        """Look at each process once: start what is due, note what has ended. Never waits."""
        for watched in reversed(self._watched):
            if watched.process is None:
                if self._clock() >= watched.due:
                    self._bring_up(watched)
            elif (code := watched.process.poll()) is not None:
                self._put_off(watched, f"{watched.name} ended ({describe(code)})")

    def unsettled(self) -> list[str]:
        """Return the names of the processes that don't run, or began too short ago to tell that they will."""
        return [
            watched.name
            for watched in self._watched
            if watched.process is None or self._clock() - watched.started < SETTLED
        ]

    def stop(self, limit: float, hurried: Callable[[], bool]) -> None:
        """Stop one after the other: TERM, `limit` seconds of patience, then KILL; at once when `hurried`."""
        for watched in self._watched:
            process, watched.process = watched.process, None
            if process is None:
                continue
            process.terminate()
            deadline = self._clock() + limit
            while process.poll() is None and not hurried():
                if self._clock() >= deadline:
                    self._say(f"{watched.name} did not stop within {limit:g} s: killed")
                    break
                self._sleep(TURN)
            process.kill()

    def _bring_up(self, watched: _Watched) -> None:
        try:
            watched.process = self._start(watched.name)
        except OSError as error:
            self._put_off(watched, f"{watched.name} did not start ({error})")
        watched.started = self._clock()

    def _put_off(self, watched: _Watched, what: str) -> None:
        if self._clock() - watched.started >= STEADY:
            watched.delay = FIRST_DELAY
        self._say(f"{what}; starting it again in {watched.delay:g} s")
        watched.process = None
        watched.due = self._clock() + watched.delay
        watched.delay = min(2 * watched.delay, LONGEST_DELAY)


def describe(code: int) -> str:
    """Return an exit code in words: `exit 3`, `SIGKILL`."""
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name
