"""HTTP/1.1 without TLS and without proxy, by the standard library. It loads in a fifth of the time of httpx2.

The only file of the client that knows the errors of `http.client`.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import MSG_PEEK
from urllib.parse import urlsplit

from avio.client.connections import Content, NoReply

IDLE_SECONDS = 5.0  # after which the server may be about to close a connection
PIECE = 64 * 1024


class PlainConnections:
    """Connections to one server, kept between requests."""

    def __init__(self, url: str) -> None:
        self._url = url
        address = urlsplit(url)
        self._host, self._port, self._base = address.hostname or "", address.port or 80, address.path
        # A deque, as `append` and `pop` are whole steps for all threads.
        self._idle: deque[tuple[HTTPConnection, float]] = deque()

    @contextmanager
    def send(
        self, method: str, target: str, *, headers: Mapping[str, str], content: Content, connect: float, read: float
    ) -> Iterator["PlainReply"]:
        """Open the reply to a request; the connection is kept if the reply was read to its end."""
        connection = self._kept() or self._new(connect)
        try:
            connection.sock.settimeout(read)
            _send(connection, method, self._base + target, headers, content)
            with _told():
                response = connection.getresponse()
            if response.length is None and not response.chunked:
                # `http.client` takes half a head for a whole one, whose body ends with the connection.
                raise NoReply("the reply broke off: it does not say where it ends")
            yield PlainReply(response, self._url + target.partition("?")[0])
            if response.isclosed() and connection.sock is not None:
                self._idle.append((connection, time.monotonic()))
                return
        except BaseException:
            connection.close()
            raise
        connection.close()

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop()[0].close()

    def _kept(self) -> HTTPConnection | None:
        """Return an idle connection that the server has not closed, None if there is none."""
        with suppress(IndexError):
            while True:
                connection, since = self._idle.pop()
                if time.monotonic() - since < IDLE_SECONDS and _is_open(connection):
                    return connection
                connection.close()
        return None

    def _new(self, seconds: float) -> HTTPConnection:
        connection = HTTPConnection(self._host, self._port, timeout=seconds)
        try:
            connection.connect()
        except TimeoutError as error:
            raise NoReply(f"no connection in time: {_text(error)}") from error
        except (OSError, UnicodeError) as error:  # UnicodeError: the name of the host
            raise NoReply(f"no connection: {_text(error)}") from error
        return connection


class PlainReply:
    """A reply by `http.client`."""

    def __init__(self, response: HTTPResponse, url: str) -> None:
        self._response = response
        self.status = response.status
        self.phrase = response.reason
        self.url = url

    def header(self, name: str) -> str | None:
        """Return a header, None if there is none."""
        return self._response.headers.get(name)

    def read(self) -> bytes:
        """Return the whole body."""
        with _told():
            return self._response.read()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        while piece := self._piece():
            yield piece

    def _piece(self) -> bytes:
        with _told():
            piece = self._response.read1(PIECE)
            if piece or not self._response.length:
                return piece
        # `read1` takes the end of the connection for the end of the body.
        raise NoReply("the reply broke off")


def _is_open(connection: HTTPConnection) -> bool:
    """Return False if the server has closed the idle `connection`, or has sent what nobody asked for."""
    connection.sock.settimeout(0)
    try:
        connection.sock.recv(1, MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _send(connection: HTTPConnection, method: str, target: str, headers: Mapping[str, str], content: Content) -> None:
    """Send a request. Of a server that refuses a body before its end, the reply is read all the same."""
    connection.putrequest(method, target)
    for name, value in headers.items():
        connection.putheader(name, value)
    if isinstance(content, bytes):
        connection.putheader("Content-Length", str(len(content)))
    elif content is not None:
        connection.putheader("Transfer-Encoding", "chunked")
    elif method not in ("GET", "HEAD"):
        connection.putheader("Content-Length", "0")
    with _told(), suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders()
    for piece in _pieces(content):  # errors of the caller's own iterable are the caller's
        with _told():
            try:
                connection.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                return


def _pieces(content: Content) -> Iterable[bytes]:
    if content is None or isinstance(content, bytes):
        return [content] if content else []
    return _chunked(content)


def _chunked(content: Iterable[bytes]) -> Iterator[bytes]:
    for piece in content:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


@contextmanager
def _told() -> Iterator[None]:
    """Raise what happens to an open connection as NoReply."""
    try:
        yield
    except TimeoutError as error:
        raise NoReply(f"no reply in time: {_text(error)}") from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a size that is not valid
        raise NoReply(f"the reply broke off: {_text(error)}") from error


def _text(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
