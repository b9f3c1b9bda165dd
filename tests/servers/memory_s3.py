"""An S3 server in memory, in Go (`bench/s3server`): too cheap to be what is measured. It can fail on purpose.

It checks no signatures. It counts the requests that it gets. Knows nothing of avio.
"""

import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import orjson

from tests.servers.golang import running
from tests.servers.seaweed import S3Server

SYNTHETIC = "synthetic"  # the bucket whose objects cost no memory


@dataclass(frozen=True, slots=True)
class MemoryS3(S3Server):
    """A running server. It counts requests by kind."""

    def make_bucket(self, name: str) -> str:
        """Create bucket `name`, or empty it at once, and return its `s3://` URL."""
        self._control(f"empty?bucket={name}", "POST")
        return f"s3://{name}"

    def counts(self, *, reset: bool = False) -> Mapping[str, int]:
        """Return the number of requests by kind: get, head, put, list, create_upload, put_part, delete, ..."""
        return cast(Mapping[str, int], self._counts(reset=reset)["requests"] or {})

    def first(self, kind: str) -> float:
        """Return when the first request of a kind came, in seconds since 1970. Raise KeyError if none did."""
        return float(self._counts(reset=False)["first"][kind])

    def most(self, kind: str) -> int:
        """Return how many requests of a kind were under way at once, at most."""
        return int((self._counts(reset=False)["most"] or {}).get(kind, 0))

    def _counts(self, *, reset: bool) -> dict[str, Any]:
        return cast(dict[str, Any], orjson.loads(self._control("counts", "POST" if reset else "GET")))

    def _control(self, what: str, method: str) -> bytes:
        request = urllib.request.Request(f"{self.endpoint}/-/{what}", method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return cast(bytes, reply.read())


@contextmanager
def memory_s3(**flags: str | float) -> Iterator[MemoryS3]:
    """Run a server with `flags` of the program, e.g. `synthetic=10_000, size=1024, delay="25ms"`. Raise NoGo."""
    arguments = [f"-{name.replace('_', '-')}={text}" for name, text in flags.items()]
    with running("s3server", arguments) as (url, pid):
        options = {
            "endpoint": url,
            "region": "us-east-1",
            "access_key_id": "any",
            "secret_access_key": "any",
            "allow_http": "true",
            "key_order": "names",
        }
        yield MemoryS3(url, pid, options)
