"""Connections with TLS or by a proxy of the environment, by httpx2. The only file of the client that knows httpx2."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from avio.client.connections import Content, NoReply
from avio.client.surroundings import PORTS, certificates_variable, proxy_at, trusted

_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_HAPPENED: dict[type[Exception], str] = {
    httpx2.ConnectError: "no connection",
    httpx2.ConnectTimeout: "no connection in time",
    httpx2.ReadTimeout: "no reply in time",
    httpx2.RemoteProtocolError: "the reply broke off",
}


class HttpxConnections:
    """A pool of httpx2."""

    def __init__(self, url: str) -> None:
        self._http = _open(url)
        self._reached: tuple[str, int] | None = None

    @contextmanager
    def send(
        self, method: str, target: str, *, headers: Mapping[str, str], content: Content, connect: float, read: float
    ) -> Iterator["HttpxReply"]:
        """Open the reply to a request."""
        limits = httpx2.Timeout(read, connect=connect)
        try:
            with self._http.stream(
                method, target, headers=headers, content=content, timeout=limits, extensions={"trace": self._note}
            ) as response:
                yield HttpxReply(response)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._no_reply(_in_words(error)) from error

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        """Note the address of each new connection: it is that of a proxy if one is in use."""
        if event.endswith("connect_tcp.started"):
            self._reached = info["host"], info["port"]

    def _no_reply(self, words: str) -> NoReply:
        """Return the error of a call. Where a variable of the environment may be the cause, its cure names that."""
        server = self._http.base_url
        address = server.raw_host.decode(), server.port or PORTS[server.scheme]
        if self._reached is not None and self._reached != address:
            host, port = self._reached
            name, proxy = proxy_at(host, port) or ("HTTP_PROXY, HTTPS_PROXY or ALL_PROXY", f"{host}:{port}")
            return NoReply(f"by the proxy {proxy}: {words}", f"correct {name}, or name the server in NO_PROXY")
        if _UNTRUSTED in words and (variable := certificates_variable()):
            return NoReply(words, f"put the certificate of the server's authority into {variable}, or unset it")
        return NoReply(words)


class HttpxReply:
    """A reply by httpx2. What happens to its body is told where the block of `send` ends."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.phrase = response.reason_phrase
        self.url = str(response.url.copy_with(query=None))

    def header(self, name: str) -> str | None:
        """Return a header, None if there is none."""
        value: str | None = self._response.headers.get(name)
        return value

    def read(self) -> bytes:
        """Return the whole body."""
        return self._response.read()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        return self._response.iter_bytes()


def _in_words(error: Exception) -> str:
    """Return what happened to a call that got no reply."""
    text = _ERRNO.sub("", str(error))
    return f"{_HAPPENED.get(type(error), type(error).__name__)}: {text}".rstrip(": ")


def _open(url: str) -> httpx2.Client:
    """Return the pool; ValueError on an invalid address or an invalid proxy of the environment."""
    try:
        address = httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL) as error:
        raise ValueError(f"{url!r} is not a server address: {error}") from error
    # A plain address needs no certificates, which take 20 ms to load. Without them no TLS server is trusted.
    is_plain = address.scheme == "http"
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else trusted(httpx2.create_ssl_context)
    try:
        return httpx2.Client(base_url=address, verify=verify)
    except ImportError as error:
        raise ValueError(
            "ALL_PROXY, HTTP_PROXY or HTTPS_PROXY names a SOCKS proxy, and the package socksio is not installed; "
            "install avio[socks], or name the server in NO_PROXY"
        ) from error
    except (ValueError, httpx2.InvalidURL):
        raise ValueError(  # the error's own words may have a part of a password
            "ALL_PROXY, HTTP_PROXY or HTTPS_PROXY is not the URL of a proxy; write http://host:port, in a password "
            "/ as %2F, # as %23 and @ as %40, or name the server in NO_PROXY"
        ) from None
