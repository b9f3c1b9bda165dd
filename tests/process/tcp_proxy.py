"""A TCP proxy that a test puts between a process and a server, to part the two: cut, or silent as a dead network is."""

import select
import socket
import threading
from contextlib import suppress
from typing import Self

CHUNK = 1 << 16
TURN = 0.1  # seconds between two looks at what the test wants
CONNECT_LIMIT = 5.0


class Proxy:
    """Listens on `port` of loopback for as long as the `with` block lasts; `silent` may be set at any time."""

    def __init__(self, host: str, port: int) -> None:
        self.silent = False
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._cut = False
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def cut(self) -> None:
        """End every connection, and each new one at once, until `mend`."""
        self._cut = True

    def mend(self) -> None:
        """Let everything through again."""
        self.silent = self._cut = False

    def _listen(self) -> None:
        while not self._over.is_set():
            if not _readable([self._listener]):
                continue
            client, _ = self._listener.accept()
            if self._cut:
                client.close()
                continue
            thread = threading.Thread(target=self._carry, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, client: socket.socket) -> None:
        """Carry bytes both ways until an end is gone. What arrives while it is silent is carried afterwards."""
        with client, suppress(OSError), socket.create_connection(self._server, CONNECT_LIMIT) as server:
            other = {client: server, server: client}
            while not (self._over.is_set() or self._cut):
                if self.silent:
                    self._over.wait(TURN)
                    continue
                for ready in _readable(list(other)):
                    data = ready.recv(CHUNK)
                    if not data:
                        return
                    other[ready].sendall(data)


def _readable(sockets: list[socket.socket]) -> list[socket.socket]:
    """Return those with something to read, after TURN seconds at most. `select` takes no descriptor above 1023."""
    by_fd = {each.fileno(): each for each in sockets}
    ready = select.poll()
    for fd in by_fd:
        ready.register(fd, select.POLLIN)
    return [by_fd[fd] for fd, _ in ready.poll(TURN * 1000)]
