"""The store on a loopback port: carries requests to the sky, and its replies back, as badly as they say."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chaos.store.exchange import BUCKET, Reply, Request
from chaos.store.sky import Sky

STEPS_PER_SECOND = 10  # writes to a slow line


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its headers
    server: "_Server"

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path.removeprefix(f"/{BUCKET}").removeprefix("/"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in self.headers.items()}
        self._send(self.server.sky.reply(Request(self.command, key, query, headers, body)))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.wait)
        if reply.cut == -1:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command == "HEAD":
            return
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        step = max(1, reply.per_second // STEPS_PER_SECOND) if reply.per_second else max(1, len(body))
        for place in range(0, len(body), step):
            self.wfile.write(body[place : place + step])
            if step < len(body):
                time.sleep(1 / STEPS_PER_SECOND)
        if reply.cut is not None:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, sky: Sky) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sky = sky

    def handle_error(self, *_: Any) -> None:
        """Print nothing of clients that leave."""


@contextmanager
def serving(sky: Sky) -> Iterator[str]:
    """Answer under `sky`; yield the endpoint."""
    server = _Server(sky)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="store")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
