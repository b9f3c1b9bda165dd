"""The event stream of one job, from bytes to (kind, data)."""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
from httpx_sse import EventSource, SSEError

from avio.client.problems import Unreachable


class Event(NamedTuple):
    """`snapshot`, `state` and `end` carry a JobInfo; `progress` carries its phase, progress and errors."""

    kind: str
    data: dict[str, Any]


def read_events(response: httpx.Response, until: float) -> Iterator[Event]:
    """Yield the events of an open reply; return when it closes, or at the first byte after `until`."""
    # A copy whose bytes stop at `until`: pings keep the read time-out from firing, and are no events.
    bounded = httpx.Response(200, headers=response.headers, content=_until(response.iter_raw(), until))
    try:
        for message in EventSource(bounded).iter_sse():
            if message.data:
                yield Event(message.event, json.loads(message.data))
    except (SSEError, ValueError) as error:
        raise Unreachable("the event stream is not one of avio", why=str(error), cure="check the address") from error


def _until(chunks: Iterator[bytes], until: float) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() >= until:
            return
        yield chunk
