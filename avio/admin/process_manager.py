"""Starts processes, restarts those that end, with back-off, and stops them in order.

Runs in `avio-server up`, on one thread; the clock and the way to start a process are handed in.
"""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Protocol

from avio.clock import boottime

# How long a process that ended waits for its restart: doubled each time, up to the longest; the first again after a
# steady run.
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
STEADY_SECONDS = 30.0

SETTLED_SECONDS = 1.0  # a process that runs for so long has started

MANY_ENDS = 5  # a process may end some times until another one, which it needs, is up

POLL_SECONDS = 0.1


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
    delay: float = FIRST_DELAY_SECONDS
    due: float = 0.0
    ends: int = 0
    error: str = ""  # that was said last


class ProcessManager:
    """Processes by name, in the order in which they are stopped; they start the other way round.

    `start` starts one by its name, `say` takes lines for people, `why` returns the error that a process
    wrote last, or an empty text.
    """

    def __init__(
        self,
        names: Sequence[str],
        start: Callable[[str], Process],
        *,
        say: Callable[[str], None],
        why: Callable[[str], str] = lambda _: "",
        clock: Callable[[], float] = boottime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._watched = [_Watched(name) for name in names]
        self._start = start
        self._say = say
        self._why = why
        self._clock = clock
        self._sleep = sleep

    def check(self) -> None:
        """Check each process once: start those that are due, schedule a restart of those that ended. Never waits."""
        for watched in reversed(self._watched):
            if watched.process is None:
                if self._clock() >= watched.due:
                    self._launch(watched)
            elif (code := watched.process.poll()) is not None:
                error = self._why(watched.name) if code > 0 else ""  # a killed process wrote none
                self._schedule_restart(watched, f"{watched.name} ended ({describe(code)})", error)

    def unstable(self) -> list[str]:
        """Return the names of the processes that do not run, or started less than SETTLED_SECONDS ago."""
        return [
            watched.name
            for watched in self._watched
            if watched.process is None or self._clock() - watched.started < SETTLED_SECONDS
        ]

    def keep_ending(self) -> list[str]:
        """Return the names of the `unstable` processes that have ended MANY_ENDS times."""
        unstable = set(self.unstable())
        return [each.name for each in self._watched if each.name in unstable and each.ends >= MANY_ENDS]

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
                self._sleep(POLL_SECONDS)
            process.kill()

    def _launch(self, watched: _Watched) -> None:
        try:
            watched.process = self._start(watched.name)
        except OSError as error:
            self._schedule_restart(watched, f"{watched.name} did not start ({error})")
        watched.started = self._clock()

    def _schedule_restart(self, watched: _Watched, what: str, error: str = "") -> None:
        if self._clock() - watched.started >= STEADY_SECONDS:
            watched.delay = FIRST_DELAY_SECONDS
        told = indent(f"\n{error}", "  ") if error != watched.error else ""
        self._say(f"{what}; restarting it in {watched.delay:g} s{told}")
        watched.process, watched.error = None, error
        watched.ends += 1
        watched.due = self._clock() + watched.delay
        watched.delay = min(2 * watched.delay, LONGEST_DELAY_SECONDS)


def describe(code: int) -> str:
    """Return an exit code in words: `exit 3`, `SIGKILL`."""
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name
