"""Lets libcurl work on the sockets that are ready: its own select(2) looks at all of them each time.

Used in web and the job process. One wait costs the same for 16 and for 512 connections. With a descriptor above 1023,
select(2) does not wait at all.
"""

import select
import time
from contextlib import suppress

from avio.engines.local.buckets.libcurl import pycurl

# By what libcurl wants of a socket: to read, to write, both.
_EVENTS = (0, select.EPOLLIN, select.EPOLLOUT, select.EPOLLIN | select.EPOLLOUT)
_READABLE = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR


class ReadySockets:
    """The handles of `multi`, and the sockets of these that `epoll` watches."""

    def __init__(self, multi: "pycurl.CurlMulti", epoll: select.epoll) -> None:
        self.multi = multi
        self._epoll = epoll
        self._watched: set[int] = set()
        # When libcurl said after how many ms it wants to be called; the last counts. It says so in `act`, too, and
        # the thread may have other work until the next call of `work`.
        self._delays: list[tuple[float, int]] = []
        self._due: float | None = None
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        delays, now = self._delays, time.monotonic
        multi.setopt(pycurl.M_TIMERFUNCTION, lambda ms: delays.append((now(), ms)))

    def work(self, limit: float, live: int) -> float:
        """Do what can be done now. Wait up to `limit` seconds for that while all of `live` handles are under way.

        Return the seconds for which it has waited.
        """
        began = time.monotonic()
        self._take_delay()
        if self._due is not None and self._due <= began:
            self._due = None
            _, running = self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            limit = limit if running == live else 0
            began = time.monotonic()
            self._take_delay()  # libcurl says it once: it waits for the call until it came
        if self._due is not None:
            limit = max(0.0, min(limit, self._due - began))
        ready = self._epoll.poll(limit)
        waited = time.monotonic() - began
        act = self.multi.socket_action
        for fd, events in ready:
            readable = pycurl.CSELECT_IN if events & _READABLE else 0
            act(fd, readable | (pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0))
        return waited

    def close(self) -> None:
        """Close the connections."""
        self.multi.close()
        self._epoll.close()

    def _take_delay(self) -> None:
        """Take what libcurl has said of when it wants to be called."""
        if self._delays:
            said, delay = self._delays[-1]
            self._delays.clear()
            self._due = None if delay < 0 else said + delay / 1000

    def _watch(self, action: int, fd: int, _multi: object, _data: object) -> None:
        """Watch a socket as libcurl wants it."""
        if action == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            with suppress(OSError):  # it is closed
                self._epoll.unregister(fd)
            return
        if fd in self._watched:
            with suppress(FileNotFoundError):  # it was closed, and its number is another socket's
                self._epoll.modify(fd, _EVENTS[action])
                return
        self._watched.add(fd)
        self._epoll.register(fd, _EVENTS[action])
