"""The events of the Redis stream: progress, a failed file, a change of state.

Published by job process, intake, web and aggregator; folded by the aggregator, fanned out by web.
An event is one JSON text; (job, attempt, seq) orders and de-duplicates it, never its stream id.
"""

import json
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any, get_args

from avio.wire.progress import MAX_NUMBER, Progress

# The size of an event's text. Writers make larger ones shorter, readers drop them.
MAX_EVENT_BYTES = 16 << 10
MAX_MESSAGE_CHARACTERS = 1000  # of a failure that is made shorter


class EventError(ValueError):
    """A stream entry that is not an event of avio, or an event that no reader takes."""


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """The progress of an attempt. `seq` rises by one with each event of the attempt."""

    job: str
    attempt: int
    seq: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class FailureEvent:
    """One file that failed. `tries` is the number of tries."""

    job: str
    attempt: int
    path: str
    reason: str
    message: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class StateEvent:
    """A notice that the job's row has a new state. The row is the truth."""

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
    """Return `event` as JSON text for the stream, without some details if it is too large.

    Raise EventError if it is too large even so, or is not UTF-8.
    """
    text = _text(event)
    if _size(text) > MAX_EVENT_BYTES:
        text = _text(_smaller(event))
    if (size := _size(text)) > MAX_EVENT_BYTES:
        raise EventError(f"{size:,} bytes are more than an event may have")
    return text


def _text(event: Event) -> str:
    return json.dumps({"kind": _NAMES[type(event)], **asdict(event)}, separators=(",", ":"), ensure_ascii=False)


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise EventError(f"not UTF-8: {error}") from error


def _smaller(event: Event) -> Event:
    """Return a progress without paths and movers, a failure with a short message. The result has them all."""
    if isinstance(event, ProgressEvent):
        errors = [replace(group, samples=[]) for group in event.progress.errors]
        return replace(event, progress=replace(event.progress, errors=errors, movers=[]))
    if isinstance(event, FailureEvent):
        return replace(event, message=event.message[:MAX_MESSAGE_CHARACTERS])
    return event


def decode(text: str | bytes) -> Event:
    """Return the event of a JSON text. Raise `EventError` for anything else, and for what is too large."""
    if len(text) > MAX_EVENT_BYTES:
        raise EventError(f"not an event: {len(text):,} bytes are more than an event may have")
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
    """Return True if all members of a dataclass have their declared types, within the limits of every database."""
    for member in fields(thing):
        value = getattr(thing, member.name)
        if member.type is int:
            fits = type(value) is int and 0 <= value <= MAX_NUMBER
        elif member.type is str:
            fits = _is_text(value)
        elif isinstance(value, list):
            fits = all(_is_text(one) or (is_dataclass(one) and _holds(one)) for one in value)
        elif value is None:
            fits = type(None) in get_args(member.type)
        else:
            fits = _holds(value) if is_dataclass(value) else type(value) is member.type
        if not fits:
            return False
    return True


def _is_text(value: object) -> bool:
    """Return True if `value` is text without NUL and without surrogates."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
