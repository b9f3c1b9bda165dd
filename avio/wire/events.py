"""The events of the Redis stream: progress, a failed file, a change of state.

Published by job process, intake, web and aggregator; folded by the aggregator, fanned out by web.
An event is one JSON text; (job, attempt, seq) orders and de-duplicates it, never its stream id.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from avio.wire.progress import Progress


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
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EventError(f"not an event: {error!r}") from error
    if not isinstance(event.job, str) or not isinstance(event.attempt, int):
        raise EventError("not an event: job or attempt is of another type")
    return event
