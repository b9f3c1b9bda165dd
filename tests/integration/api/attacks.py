"""What one client can do to web: many slow sockets, poisoned bodies, floods of calls. Sockets alone, no library."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PIECE_SECONDS = 1.0  # between two bytes of a slow client
ROUND_SECONDS = 2.0  # between the beginnings of two rounds of a flood
ROUND_LIMIT = 15.0  # seconds for the answers of one round
BLIND_SECONDS = 0.02  # between two rounds of who reads nothing
DOUBLED = 70_000  # members of a poisoned body


def request(
    method: str, path: str, body: bytes = b"", token: str = "", kind: str = "application/json", *, close: bool = True
) -> bytes:
    """Return a whole request."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", *(["Connection: close"] if close else [])]
    head += [f"Authorization: QBox {token}"] if token else []
    head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*head, "", ""]).encode() + body


def poisoned() -> bytes:
    """Return a body whose last member is there twice."""
    names = [f"{no:06}" for no in range(DOUBLED)]
    return ("{" + ",".join(f'"{name}":1' for name in names) + f',"{names[-1]}":2}}').encode()


def login(no: int) -> bytes:
    """Return a login with a made-up name."""
    name = f"user-{no}-{random.randrange(1 << 30)}"
    return request("POST", "/login", f'{{"name":"{name}","password":"wrong"}}'.encode())


def connect(port: int) -> socket.socket:
    """Return a connection to web."""
    made = socket.create_connection(("127.0.0.1", port), timeout=ROUND_LIMIT)
    made.settimeout(ROUND_LIMIT)
    return made


@contextmanager
def in_background(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let `act` run in a thread until the end of the block; it gets an event that says so."""
    over = threading.Event()
    thread = threading.Thread(target=act, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def slow(port: int, number: int, begin: bytes) -> Iterator[None]:
    """Open `number` connections that send `begin`, and then a byte each second; again whenever they are closed."""

    def act(over: threading.Event) -> None:
        connections: list[socket.socket] = []
        while not over.is_set():
            while len(connections) < number:
                connections.append(connect(port))
                connections[-1].sendall(begin)
            for no, each in reversed(list(enumerate(connections))):
                try:
                    each.sendall(b"1")
                except OSError:
                    connections.pop(no).close()
            over.wait(PIECE_SECONDS)
        for each in connections:
            each.close()

    with in_background(act):
        yield


@contextmanager
def blind(port: int, number: int, block: bytes) -> Iterator[None]:
    """Open `number` connections that send `block` again and again and read nothing; again whenever they are closed."""

    def opened() -> socket.socket:
        made = connect(port)
        made.setblocking(False)
        return made

    def act(over: threading.Event) -> None:
        connections: dict[int, tuple[socket.socket, int]] = {}
        while not over.is_set():
            for no in range(number):
                each, begin = connections.get(no) or (opened(), 0)
                try:
                    begin = (begin + each.send(block[begin:])) % len(block)
                except BlockingIOError:
                    pass
                except OSError:
                    each.close()
                    each, begin = opened(), 0
                connections[no] = (each, begin)
            over.wait(BLIND_SECONDS)
        for each, _ in connections.values():
            each.close()

    with in_background(act):
        yield


@contextmanager
def flood(port: int, number: int, call: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """Send `number` calls at once, each two seconds anew. Yield the status lines of what was answered, as it comes."""
    answers: list[bytes] = []

    def act(over: threading.Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            connections = [connect(port) for _ in range(number)]
            for no, each in enumerate(connections):
                with suppress(OSError):
                    each.sendall(call(no))
            until = time.monotonic() + ROUND_LIMIT
            for each in connections:
                each.settimeout(max(0.01, min(ROUND_LIMIT, until - time.monotonic())) if not over.is_set() else 0.01)
                with suppress(OSError):
                    answers.append(each.recv(1 << 16).split(b"\r\n", 1)[0])
                each.close()
            over.wait(max(0.0, began + ROUND_SECONDS - time.monotonic()))

    with in_background(act):
        yield answers


@contextmanager
def held(port: int, number: int, call: Callable[[int], bytes]) -> Iterator[None]:
    """Send `number` calls at once, and keep all connections open without reading."""
    connections = [connect(port) for _ in range(number)]
    try:
        for no, each in enumerate(connections):
            each.sendall(call(no))
        yield
    finally:
        for each in connections:
            each.close()
