"""Connections to one server: what each kind offers, and which kind an address needs.

Used by the transport. It imports the chosen kind alone: httpx2 takes longer to load than a plain call takes.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Protocol, cast
from urllib.parse import SplitResult, urlsplit

Content = bytes | Iterable[bytes] | None

KINDS = {
    "plain": "avio.client.plain_connections:PlainConnections",
    "httpx": "avio.client.httpx_connections:HttpxConnections",
}
PROXY_VARIABLES = frozenset({"http_proxy", "all_proxy"})
LINUX = "linux"  # elsewhere the system's own settings may name a proxy


class NoReply(Exception):
    """No reply, or half a reply. The text says what happened; `cure` what to do if it is not the server's fault."""

    def __init__(self, text: str, cure: str = "") -> None:
        super().__init__(text)
        self.cure = cure


class Reply(Protocol):
    """A reply whose body is still to be read."""

    @property
    def status(self) -> int:
        """The code, such as 200."""

    @property
    def phrase(self) -> str:
        """The text behind the code."""

    @property
    def url(self) -> str:
        """What was asked, without the query."""

    def header(self, name: str) -> str | None:
        """Return a header, None if there is none."""

    def read(self) -> bytes:
        """Return the whole body. Raises NoReply when it breaks off."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes. Raises NoReply when it breaks off."""


class Connections(Protocol):
    """The connections to one server. Several threads may use them."""

    def send(
        self, method: str, target: str, *, headers: Mapping[str, str], content: Content, connect: float, read: float
    ) -> AbstractContextManager[Reply]:
        """Open the reply to a request; NoReply if there is none.

        `target` is path and query. `connect` and `read` are the longest waits, in seconds.
        """

    def close(self) -> None:
        """Close every connection."""


def open_connections(url: str) -> Connections:
    """Return connections to the server at `url`; ValueError for an address or a proxy that is invalid."""
    try:
        address = urlsplit(url)
        _ = address.port  # some kinds take what `int()` takes
    except ValueError as error:
        raise ValueError(f"{url!r} is not a server address: {error}") from error
    module, _, attribute = KINDS["plain" if _is_plain(url, address) else "httpx"].partition(":")
    return cast(Connections, getattr(import_module(module), attribute)(url))


def _is_plain(url: str, address: SplitResult) -> bool:
    """Return True if neither TLS nor a proxy nor anything unusual in the address is in the way."""
    is_simple = url.isascii() and url.isprintable() and not set(url) & set(" @?#%\\")
    has_proxy = any(value and name.lower() in PROXY_VARIABLES for name, value in os.environ.items())
    return address.scheme == "http" and bool(address.hostname) and is_simple and not has_proxy and _is_linux()


def _is_linux() -> bool:
    return sys.platform.startswith(LINUX)
