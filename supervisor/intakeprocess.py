"""Intake as keeper sees it: started, started again with back-off, spoken to and heard, killed when it does not listen.

Used by keeper alone, on its one thread.
"""

import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from avio.clock import boottime
from supervisor.messages import Lines, Message, encode

# Back-off between two starts of intake, in seconds.
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
SETTLED_SECONDS = 30.0

# How long intake may leave a message unread before it counts as stuck.
SAY_SECONDS = 2.0

log = logging.getLogger(__name__)


class Launched(NamedTuple):
    """An intake that is on its way: it waits on `channel` for what keeper tells it first."""

    pid: int
    channel: socket.socket


def launch() -> Launched:
    """Start an intake."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    command = [sys.executable, "-m", "supervisor.intake", str(theirs.fileno())]
    pid = os.posix_spawn(sys.executable, command, os.environ)
    theirs.close()
    ours.settimeout(SAY_SECONDS)
    return Launched(pid, ours)


class IntakeProcess:
    """At most one intake at a time, on a socketpair that `selector` watches.

    `greet` returns what each new one is told first, `obey` takes what it says. The `first` is there already.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        greet: Callable[[], Iterable[Message]],
        obey: Callable[[Message], None],
        first: Launched,
    ) -> None:
        self.pid: int | None = None
        self._selector, self._greet, self._obey = selector, greet, obey
        self._first: Launched | None = first
        self._channel: socket.socket | None = None
        self._lines = Lines()
        self._start_at = 0.0
        self._pause = FIRST_PAUSE

    def due(self) -> float | None:
        """Return when the next one is to be started, on CLOCK_BOOTTIME; None while one is there."""
        return None if self.pid is not None else self._start_at

    def start_when_due(self) -> None:
        """Start one if there is none, and its time has come."""
        if self.pid is not None or self._channel is not None or boottime() < self._start_at:
            return
        (self.pid, self._channel), self._first = self._first or launch(), None
        self._lines = Lines()
        self._selector.register(self._channel, selectors.EVENT_READ, self._hear)
        for message in self._greet():
            self.say(message)
        lived = boottime() - self._start_at
        self._pause = FIRST_PAUSE if lived > SETTLED_SECONDS else min(self._pause * 2, LONGEST_PAUSE)
        self._start_at = boottime() + self._pause
        log.info("intake started", extra={"pid": self.pid})

    def ended(self, exit_code: int) -> None:
        """It was reaped."""
        log.warning("intake ended", extra={"status": exit_code})
        self.pid = None

    def say(self, message: Message) -> None:
        """Tell it something; one that does not listen is killed, and what it missed is told to the next."""
        if self._channel is None:
            return
        try:
            self._channel.sendall(encode(message))
        except OSError:
            log.warning("intake does not listen, ended", extra={"unsaid": type(message).__name__})
            self.kill()

    def hang_up(self) -> None:
        """Close its socket, which ends it."""
        if self._channel is not None:
            self._selector.unregister(self._channel)
            self._channel.close()
            self._channel = None

    def kill(self) -> None:
        """Kill it, if it is there."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)

    def _hear(self) -> None:
        assert self._channel is not None
        try:
            data = self._channel.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self.hang_up()
            self.kill()
            return
        for message in self._lines.feed(data):
            self._obey(message)
