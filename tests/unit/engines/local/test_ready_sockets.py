"""libcurl is called when it wants to be, however long the thread has other work meanwhile."""

import select
import socket
import time
from collections.abc import Callable
from typing import Any

import pycurl

from avio.engines.local.buckets.ready_sockets import ReadySockets

DELAY_SECONDS = 0.2
LATE_SECONDS = 0.1


class Multi:
    """A group of handles that wants to be called DELAY_SECONDS after it has worked on a socket."""

    def __init__(self) -> None:
        self.callbacks: dict[int, Callable[..., Any]] = {}
        self.called: list[float] = []

    def setopt(self, option: int, value: Callable[..., Any]) -> None:
        """Take a callback."""
        self.callbacks[option] = value

    def socket_action(self, fd: int, _: int) -> tuple[int, int]:
        """Work on a socket, or on what was due."""
        if fd == pycurl.SOCKET_TIMEOUT:
            self.called.append(time.monotonic())
        else:
            self.callbacks[pycurl.M_TIMERFUNCTION](int(DELAY_SECONDS * 1000))
        return 0, 1

    def close(self) -> None:
        """Close nothing."""


def test_a_delay_begins_when_libcurl_tells_it() -> None:
    multi = Multi()
    sockets = ReadySockets(multi, select.epoll())  # type: ignore[arg-type]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        multi.callbacks[pycurl.M_SOCKETFUNCTION](pycurl.POLL_IN, ours.fileno(), None, None)
        theirs.send(b"x")
        sockets.work(10, live=1)
        ours.recv(1)
        time.sleep(DELAY_SECONDS + LATE_SECONDS)
        sockets.work(0, live=1)
    sockets.close()

    assert len(multi.called) == 1
