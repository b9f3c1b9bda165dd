"""Servers that all workers of a run use: the process that starts the workers runs them, each from its first use on.

A worker asks for them at a socket. A run without workers starts its servers itself.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Thread

from tests.servers.postgres import postgres
from tests.servers.seaweed import seaweed

Start = Callable[[], AbstractContextManager[object]]


@contextmanager
def _seaweed() -> Iterator[object]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="avio-seaweed-", ignore_cleanup_errors=True))
        yield stack.enter_context(seaweed(Path(home)))


STARTS: Mapping[str, Start] = {"postgres": postgres, "seaweed": _seaweed}


class SharedServers:
    """The servers, in the process that starts the workers. `address` tells a worker where to ask."""

    def __init__(self, starts: Mapping[str, Start] = STARTS) -> None:
        self._starts = starts
        self._listener = Listener(family="AF_UNIX")
        self.address = str(self._listener.address)
        self._thread = Thread(target=self._serve)  # it lives as long as the servers: they end with who started them
        self._thread.start()

    def close(self) -> None:
        """End the servers."""
        with Client(self.address, family="AF_UNIX") as connection:
            connection.send("")
        self._thread.join()

    def _serve(self) -> None:
        running: dict[str, object] = {}
        with self._listener, ExitStack() as stack:
            while True:
                with self._listener.accept() as asked, suppress(EOFError, OSError):  # a worker may die as it asks
                    name = asked.recv()
                    if not name:
                        return
                    if name not in running:
                        running[name] = self._started(name, stack)
                    asked.send(running[name])

    def _started(self, name: str, stack: ExitStack) -> object:
        try:
            return stack.enter_context(self._starts[name]())
        except Exception as error:
            return error  # the worker raises it


def _ask(address: str, name: str) -> object:
    with Client(address, family="AF_UNIX") as connection:
        connection.send(name)
        return connection.recv()


@contextmanager
def server(name: str, address: str | None) -> Iterator[object]:
    """Yield the server of that name: the one at `address`, or else a new one. Raise what its start raised."""
    if address is None:
        with STARTS[name]() as started:
            yield started
        return
    found = _ask(address, name)
    if isinstance(found, Exception):
        raise found
    yield found
