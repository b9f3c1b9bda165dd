"""A TCP proxy in Go (`bench/tcpdelay`) that delays bytes and connects, as a long line does. Knows nothing of avio."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.servers.golang import running


@contextmanager
def delay_line(endpoint: str, round_trip_ms: float) -> Iterator[str]:
    """Yield an URL that leads to `endpoint`, with a round trip of so many milliseconds. Raise NoGo."""
    with running("tcpdelay", [f"-to={urlsplit(endpoint).netloc}", f"-round-trip={round_trip_ms}ms"]) as (url, _):
        yield url
