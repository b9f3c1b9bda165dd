"""The event stream of one job, from bytes to (kind, data)."""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from avio.client.connections import Reply
from avio.client.errors import Unreachable

STREAM = "text/event-stream"
MOST_BYTES = 1 << 20  # of an event, and of a line; avio sends each event on one


class Event(NamedTuple):
    """`snapshot`, `state` and `end` carry a JobInfo; `progress` carries its phase, progress and errors."""

    kind: str
    data: dict[str, Any]


def read_events(reply: Reply, until: float) -> Iterator[Event]:
    """Yield the events of an open reply; return when it closes, or at the first byte after `until`."""
    kind = reply.header("Content-Type") or "no content type"
    try:
        if kind.partition(";")[0].strip().lower() != STREAM:
            raise ValueError(f"{kind} is not {STREAM}")
        yield from _events(_lines(reply.chunks(), until))
    except ValueError as error:
        raise Unreachable(
            "the server sent an invalid event stream", why=str(error), cure="check the address (AVIO_URL or --url)"
        ) from error


def _events(lines: Iterator[str]) -> Iterator[Event]:
    """Yield what an empty line completes. Comments, such as pings, are lines without a name."""
    kind, data, size = "message", list[str](), 0
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
            size += len(value)
            if size > MOST_BYTES:
                raise ValueError("it has an event of more than 1 MiB")
        elif not line:
            if text := "\n".join(data):
                yield Event(kind, json.loads(text))
            kind, data, size = "message", [], 0


def _lines(chunks: Iterator[bytes], until: float) -> Iterator[str]:
    """Yield whole lines. Pings keep the read time-out from firing, and are no events: so `until` is looked at here."""
    rest = b""
    for chunk in chunks:
        if time.monotonic() >= until:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode().removesuffix("\r") for line in lines)
        if len(rest) > MOST_BYTES:
            raise ValueError("it has a line of more than 1 MiB")
