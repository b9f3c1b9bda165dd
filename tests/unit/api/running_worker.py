"""A worker of web in a thread of a test, with an app that answers what the path says."""

import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from avio.api.services import KEY
from avio.api.sockets.worker import Worker

THREADS = 4
GATE_SECONDS = 30.0
PIECE = b"x" * (64 << 10)


class App:
    """Answers /N with N bytes, /stream with no end, everything else with two bytes, but /gate once it is opened."""

    def __init__(self, of_one: int) -> None:
        settings = SimpleNamespace(client_rate=8192, connections_per_address=of_one)
        self.extensions = {KEY: SimpleNamespace(settings=settings, proxies=SimpleNamespace(trusts=lambda _: False))}
        self.streams_ended = threading.Semaphore(0)
        self.gate = threading.Event()
        self.at_gate = self.answered = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        """Answer one request."""
        name = environ["PATH_INFO"][1:]
        if name == "gate":
            self.at_gate += 1
            self.gate.wait(GATE_SECONDS)
        self.answered += 1
        if name == "stream":
            start("200 OK", [])
            return self._stream()
        body = b"x" * int(name) if name.isdigit() else b"ok"
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def _stream(self) -> Iterator[bytes]:
        try:
            while True:
                yield PIECE
        finally:
            self.streams_ended.release()


@contextmanager
def running(listener: socket.socket, *, of_one: int = 200, connections: int = 1000) -> Iterator[Worker]:
    """Run a worker that may have so many connections, and of one address so many that wait."""
    config = Config()
    config.set("threads", THREADS)
    config.set("worker_connections", connections)
    config.set("graceful_timeout", 1)
    config.set("keepalive", 15)
    made = Worker(1, os.getppid(), [listener], SimpleNamespace(), 30, config, Logger(config))
    made.wsgi, made.poller, made.tpool = App(of_one), selectors.DefaultSelector(), made.get_thread_pool()
    made.method_queue.init()
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.handle_exit(None, None)
        thread.join()
        made.tmp.close()
