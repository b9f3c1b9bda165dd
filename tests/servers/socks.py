"""A SOCKS5 proxy without authentication. It resolves every host name to the loopback address, and keeps the names."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector


class Socks:
    """The running proxy. `url` is its address, `asked` the hosts and ports it was asked to connect to."""

    def __init__(self, port: int) -> None:
        self.url = f"socks5h://127.0.0.1:{port}"
        self.asked: list[tuple[str, int]] = []


class _Relay(socketserver.BaseRequestHandler):
    socks: Socks

    def handle(self) -> None:
        """Greet, connect, and pass bytes both ways until one side closes (RFC 1928)."""
        methods = self._read(2)[1]
        self._read(methods)
        self.request.sendall(b"\x05\x00")
        kind = self._read(4)[3]
        host = self._read(self._read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self._read(4))
        (port,) = struct.unpack("!H", self._read(2))
        self.socks.asked.append((host, port))
        with socket.create_connection(("127.0.0.1", port)) as store:
            self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with DefaultSelector() as selector:
                for side, other in ((self.request, store), (store, self.request)):
                    selector.register(side, EVENT_READ, other)
                self._relay(selector)

    def _relay(self, selector: DefaultSelector) -> None:
        while True:
            for ready, _ in selector.select():
                side, other = ready.fileobj, ready.data
                data = side.recv(1 << 16)
                if not data:
                    return
                other.sendall(data)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.request.recv(size - len(data))
            if not part:
                raise ConnectionError("the client left")
            data += part
        return data


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Print nothing of clients that leave."""


@contextmanager
def socks_proxy() -> Iterator[Socks]:
    """Yield a running proxy."""
    handler = type("Relay", (_Relay,), {})
    server = _Server(("127.0.0.1", 0), handler)
    socks = handler.socks = Socks(server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield socks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
