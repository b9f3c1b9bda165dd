"""A port where a process without HTTP of its own shows its metrics. Run by intake and aggregator, in one thread.

It answers one request at a time, and gives each `LIMIT_SECONDS`: collectors read memory alone. A port that is taken
keeps the process from nothing: it is tried again.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from avio.metrics.families import Collector

LIMIT_SECONDS = 5.0
AGAIN_SECONDS = 30.0
PATH = "/metrics"

log = logging.getLogger(__name__)


class Server(TCPServer):
    """Listens, and answers with a registry."""

    allow_reuse_address = True
    request_queue_size = 16

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing of a client that hung up or was too slow; a defect is logged by `Handler`."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request of a connection."""

    server: Server

    def setup(self) -> None:
        """Bound the whole request: a client that sends a byte a second would keep the others out."""
        super().setup()
        self._timer = threading.Timer(LIMIT_SECONDS, self._break_off)
        self._timer.daemon = True
        self._timer.start()

    def finish(self) -> None:
        """End the connection."""
        self._timer.cancel()
        super().finish()

    def do_GET(self) -> None:
        """Show the metrics."""
        if self.path.partition("?")[0] != PATH:
            self.send_error(404)
            return
        try:
            body = generate_latest(self.server.registry)
        except Exception:
            log.exception("metrics not shown")
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class has it
        """Log nothing: scrapes come all the time."""

    def _break_off(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def start_exporter(host: str, port: int | None, *collectors: Collector) -> None:
    """Show `collectors` at http://host:port/metrics, from a thread. Without a port nothing happens.

    Not before a fork: the child would have the socket, and perhaps a lock that nobody gives back.
    """
    if port is None:
        return
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    threading.Thread(target=_serve, args=(host, port, registry), name="metrics", daemon=True).start()


def _serve(host: str, port: int, registry: CollectorRegistry) -> None:
    while True:
        try:
            with Server(host, port, registry) as server:
                server.serve_forever()
        except OSError as error:
            log.error("no metrics: %s:%d: %s; trying again", host, port, error)
            time.sleep(AGAIN_SECONDS)
