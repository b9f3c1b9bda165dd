"""keeper's side of intake: starts it, restarts it with back-off, exchanges messages, kills it if it does not read.

Used by keeper alone, on its one thread.
"""

import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from avio.clock import boottime
from supervisor.shared.json_lines import encode
from supervisor.shared.messages import Message, MessageBuffer

# Back-off between two starts of intake; it begins anew after an intake that ran for SETTLED_SECONDS.
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
SETTLED_SECONDS = 30.0

# How long intake may leave a message unread before it counts as stuck.
SEND_SECONDS = 2.0

log = logging.getLogger(__name__)


class Launched(NamedTuple):
    """An intake that was just started: it waits on `channel` for keeper's first message.

    `environment` is the file with the environment that it and the later ones take.
    """

    pid: int
    channel: socket.socket
    environment: int


def launch(environment: int, environ: Mapping[str, str]) -> Launched:
    """Start an intake with `environ`. It takes the environment of the file `environment` in its place."""
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    command = [sys.executable, "-m", "supervisor.intake", str(theirs.fileno()), str(environment)]
    pid = os.posix_spawn(sys.executable, command, environ)
    theirs.close()
    ours.settimeout(SEND_SECONDS)
    return Launched(pid, ours, environment)


class IntakeProcess:
    """At most one intake at a time, on a socketpair that `selector` watches.

    `greet` returns the first messages for each new one; `handle` gets each message from it. The `first` runs already.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        greet: Callable[[], Iterable[Message]],
        handle: Callable[[Message], None],
        first: Launched,
    ) -> None:
        self.pid: int | None = None
        self._selector, self._greet, self._handle = selector, greet, handle
        self._first: Launched | None = first
        self._environment = first.environment
        self._channel: socket.socket | None = None
        self._messages = MessageBuffer()
        self._start_at = 0.0
        self._pause = FIRST_PAUSE_SECONDS

    def due(self) -> float | None:
        """Return when to start the next one, in seconds on CLOCK_BOOTTIME; None while one runs."""
        return None if self.pid is not None else self._start_at

    def start_when_due(self) -> None:
        """Start one if none runs and it is due."""
        if self.pid is not None or self._channel is not None or boottime() < self._start_at:
            return
        launched, self._first = self._first or launch(self._environment, os.environ), None
        self.pid, self._channel = launched.pid, launched.channel
        self._messages = MessageBuffer()
        self._selector.register(self._channel, selectors.EVENT_READ, self._read)
        for message in self._greet():
            self.send(message)
        lived = boottime() - self._start_at
        self._pause = FIRST_PAUSE_SECONDS if lived > SETTLED_SECONDS else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._start_at = boottime() + self._pause
        log.info("intake started", extra={"pid": self.pid})

    def ended(self, exit_code: int) -> None:
        """Record that it ended with `exit_code`."""
        log.warning("intake ended", extra={"status": exit_code})
        self.pid = None

    def send(self, message: Message) -> None:
        """Send it a message; kill it if it does not read. `greet` tells the next one what it missed."""
        if self._channel is None:
            return
        try:
            self._channel.sendall(encode(message))
        except OSError:
            log.warning("intake does not read its messages; killing it", extra={"unsent": type(message).__name__})
            self.kill()

    def disconnect(self) -> None:
        """Close its socket, which makes it exit."""
        if self._channel is not None:
            self._selector.unregister(self._channel)
            self._channel.close()
            self._channel = None

    def kill(self) -> None:
        """Kill it if it runs."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._channel is not None
        try:
            data = self._channel.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self.disconnect()
            self.kill()
            return
        for message in self._messages.feed(data):
            self._handle(message)
