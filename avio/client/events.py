"""The event stream of one job, from bytes to (kind, data)."""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2

from avio.client.errors import Unreachable


class Event(NamedTuple):
    """`snapshot`, `state` and `end` carry a JobInfo; `progress` carries its phase, progress and errors."""

    kind: str
    data: dict[str, Any]


def read_events(response: httpx2.Response, until: float) -> Iterator[Event]:
    """Yield the events of an open reply; return when it closes, or at the first byte after `until`."""
    # A copy whose bytes stop at `until`: pings keep the read time-out from firing, and are no events.
    bytes_until = _until(response.iter_raw(), until)
    bounded = httpx2.Response(200, headers=response.headers, content=bytes_until, request=response.request)
    try:
        for message in httpx2.EventSource(bounded):
            if message.data:
                yield Event(message.event, json.loads(message.data))
    except (httpx2.SSEError, ValueError) as error:
        raise Unreachable(
            "the server sent an invalid event stream", why=str(error), cure="check the address (AVIO_URL or --url)"
        ) from error


def _until(chunks: Iterator[bytes], until: float) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() >= until:
            return
        yield chunk
