"""A server that answers each request with the bytes that a test gives: for replies that no HTTP server makes."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from avio.engines.local.buckets.s3_place import S3Place, place_of

Send = Callable[[bytes], None]
Answer = Callable[[dict[str, str], Send], bool]  # takes the headers of a request; returns False to close the connection


@dataclass
class RawStore:
    """`answer` is called for each request. `requests` has the first line and the headers of each, in small letters."""

    answer: Answer
    port: int = 0
    connections: int = 0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str]:
        """The options of a mount on it."""
        keys = {"access_key_id": "a", "secret_access_key": "b", "allow_http": "true"}
        return {"endpoint": f"http://127.0.0.1:{self.port}", **keys}

    def place(self, **options: str) -> S3Place:
        """Return the place of the bucket `b`."""
        place = place_of("s3://b", {**self.options, **options})
        assert place is not None
        return place


class _Handler(socketserver.StreamRequestHandler):
    store: RawStore

    def handle(self) -> None:
        self.store.connections += 1
        while first := self.rfile.readline().decode().strip():
            headers = {}
            while line := self.rfile.readline().decode().strip():
                name, _, text = line.partition(":")
                headers[name.lower()] = text.strip()
            self.store.requests.append((first, headers))
            try:
                if not self.store.answer(headers, self._send):
                    return
            except OSError:  # the client has left
                return

    def _send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def raw_store(answer: Answer) -> Iterator[RawStore]:
    """Yield a server that answers with `answer`."""
    store = RawStore(answer)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
