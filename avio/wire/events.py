"""The events of the Redis stream: progress, a failed file, a change of state.

Published by job process, intake, web and aggregator; folded by the aggregator, fanned out by web.
An event is one JSON text; (job, attempt, seq) orders and de-duplicates it, never its stream id.
"""

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from avio.wire.progress import Progress

MAX_NUMBER = 2**63 - 1


class EventError(ValueError):
    """A stream entry that is no event of ours."""


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """Where an attempt stands; `seq` rises by one with each event of the attempt."""

    job: str
    attempt: int
    seq: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class FailureEvent:
    """One file that did not arrive; `tries` is how often it was tried."""

    job: str
    attempt: int
    path: str
    reason: str
    message: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class StateEvent:
    """A hint that the jobs row has a new state; the row is the truth."""

    job: str
    attempt: int
    state: str


Event = ProgressEvent | FailureEvent | StateEvent

_KINDS: dict[str, type[ProgressEvent] | type[FailureEvent] | type[StateEvent]] = {
    "progress": ProgressEvent,
    "failure": FailureEvent,
    "state": StateEvent,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(event: Event) -> str:
    """Return the one JSON text that the stream carries for `event`."""
    return json.dumps({"kind": _NAMES[type(event)], **asdict(event)}, separators=(",", ":"), ensure_ascii=False)


def decode(text: str | bytes) -> Event:
    """Return the event of a stream text; `EventError` on anything else."""
    try:
        data: dict[str, Any] = json.loads(text)
        kind = _KINDS[data.pop("kind")]
        if kind is ProgressEvent:
            data["progress"] = Progress.from_json(data["progress"])
        event = kind(**data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EventError(f"not an event: {error!r}") from error
    if not _holds(event):
        raise EventError("not an event: a member is of another type, or beyond what a database takes")
    return event


def _holds(thing: Any) -> bool:
    """Tell whether a dataclass and all in it have the types that they declare, in bounds that every database has."""
    for member in fields(thing):
        value = getattr(thing, member.name)
        if member.type is int:
            fits = type(value) is int and 0 <= value <= MAX_NUMBER
        elif member.type is str:
            fits = _is_text(value)
        elif isinstance(value, list):
            fits = all(_is_text(one) or (is_dataclass(one) and _holds(one)) for one in value)
        else:
            fits = _holds(value) if is_dataclass(value) else type(value) is member.type
        if not fits:
            return False
    return True


def _is_text(value: object) -> bool:
    """Tell whether `value` is text without NUL and half characters."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
