"""A stub of the avio API: an HTTP server in a thread that gives the replies a test has laid out.

It speaks the contract's HTTP (token, chunked bodies, broken streams) and knows no jobs; the e2e tests run the real one.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "stub-token"
BREAK = b"<break>"


@dataclass
class Reply:
    """One answer. `body` is JSON, text, or chunks; the chunk `BREAK` drops the connection."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What a command asked for."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Stub:
    """The replies by (method, path), the requests that came, and where the server listens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self._replies: dict[tuple[str, str], list[Reply]] = {}

    def on(self, method: str, path: str, *replies: Any) -> None:
        """Give `replies` one after the other, the last one for ever."""
        self._replies[method, path] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def asked(self, method: str, path: str) -> list[Request]:
        """Return the requests to one place."""
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def answer(self, request: Request) -> Reply:
        """Note the request and return what it gets."""
        self.requests.append(request)
        if request.path != "/login" and request.headers.get("authorization") != f"QBox {TOKEN}":
            return problem(401, "NOT_AUTHENTICATED", "the token is not valid", cure="log in again: avio login")
        replies = self._replies.get((request.method, request.path))
        if not replies:
            return problem(404, "NOT_FOUND", f"the stub has no {request.method} {request.path}")
        return replies.pop(0) if len(replies) > 1 else replies[0]


def problem(
    status: int, reason: str, detail: str, *, cure: str = "", retry_after: int | None = None, **more: Any
) -> Reply:
    """Return a problem document."""
    document = {
        "type": "about:blank",
        "title": reason.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": "/",
        "reason": reason,
        "requestId": "req-1",
        "cure": cure,
        "errors": [],
        **more,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply(document, status, {"Content-Type": "application/problem+json", **headers})


def sse(*events: tuple[str, Any] | bytes) -> Reply:
    """Return an event stream: (kind, data) pairs, and raw chunks such as `BREAK`."""
    chunks = [
        event if isinstance(event, bytes) else f"id: 1-1\nevent: {event[0]}\ndata: {json.dumps(event[1])}\n\n".encode()
        for event in events
    ]
    return Reply(chunks, headers={"Content-Type": "text/event-stream"})


def ndjson(*lines: Any) -> Reply:
    """Return lines of JSON, not escaped."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return Reply([text.encode()], headers={"Content-Type": "application/x-ndjson"})


@contextmanager
def running_stub() -> Iterator[Stub]:
    """Run a stub for the length of the block; none of its threads outlives it."""

    class Handler(_Handler):
        pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        Handler.stub = Stub(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Handler.stub
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its headers
    timeout = 10  # seconds that a connection may idle
    stub: ClassVar[Stub]

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parse_qs(parts.query), headers, b"".join(self._body(headers)))
        reply = self.stub.answer(request)
        if isinstance(reply.body, list) and all(isinstance(chunk, bytes) for chunk in reply.body):
            self._send_chunks(reply, reply.body)
        else:
            self._send_whole(reply)

    def _body(self, headers: dict[str, str]) -> Iterator[bytes]:
        if headers.get("transfer-encoding") != "chunked":
            yield self.rfile.read(int(headers.get("content-length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send_whole(self, reply: Reply) -> None:
        body = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
        if reply.status == 204:
            body = b""
        self._send_head(reply, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_chunks(self, reply: Reply, chunks: Iterable[bytes]) -> None:
        self._send_head(reply, {"Transfer-Encoding": "chunked"})
        for chunk in filter(None, chunks):  # one without bytes would end the body
            if chunk == BREAK:
                self.close_connection = True
                return
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, reply: Reply, headers: dict[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in {**headers, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
