"""What keeper and intake tell each other: one JSON object a line, over their socketpair.

Used by both. Standard library only.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from supervisor.shared import json_lines
from supervisor.shared.json_lines import LineBuffer, kinds_of


@dataclass(frozen=True, slots=True)
class Ended:
    """keeper: the process of an attempt is gone, and all of its children. `max_rss` in bytes.

    `error` says why there never was one. `files_done` is how many files it had in place; `stalled` is True if keeper
    ended it for lack of progress.
    """

    job: str
    attempt: int
    code: int | None
    signal: int | None
    max_rss: int
    drained: bool = False
    out_of_memory: bool = False
    stalled: bool = False
    files_done: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeeperState:
    """keeper, to a new intake: keeper's epoch, if it has one, the attempts that run, and ends not yet written down.

    `started` has a `Started` for each of them that is up: the intake before may have died with it. `instance` is the
    id of the spool, and `version` that of keeper's avio.
    """

    epoch: int | None
    running: list[tuple[str, int]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    instance: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """keeper: the process of an attempt is up. `isolation` is what its ladder reports, JSON."""

    job: str
    attempt: int
    pid: int
    isolation: str


@dataclass(frozen=True, slots=True)
class Unkillable:
    """keeper: the process of an attempt was killed and does not end; its slot stays taken until it does."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Draining:
    """keeper: the node is shutting down; take no further job."""


@dataclass(frozen=True, slots=True)
class Registered:
    """intake: the node has begun this epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Start:
    """intake: fork a process for this order (JSON text of `avio.wire.orders.Order`)."""

    job: str
    attempt: int
    order: str


@dataclass(frozen=True, slots=True)
class Renew:
    """intake: the lease was renewed; jobs may go on until `deadline`, on CLOCK_BOOTTIME."""

    deadline: float


@dataclass(frozen=True, slots=True)
class Stop:
    """intake: end this attempt: TERM, grace, KILL of its whole tree."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Adjust:
    """intake: the limits of this attempt, from now on: as in `avio.wire.limits.Limits`."""

    job: str
    attempt: int
    bandwidth: int | None
    concurrency: int | None


@dataclass(frozen=True, slots=True)
class StillBefore:
    """intake: of the earlier preloads in the order of this attempt, those that still run."""

    job: str
    attempt: int
    jobs: list[str]


@dataclass(frozen=True, slots=True)
class Forget:
    """intake: the end of this attempt is in the database; remove its directory.

    With `goes_on` the job has not ended: keep what the attempt has listed for the next one.
    """

    job: str
    attempt: int
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Evict:
    """intake: the epoch is over; kill everything and begin a new one, or leave if `leave` says why."""

    leave: str = ""


Message = (
    Ended
    | KeeperState
    | Started
    | Unkillable
    | Draining
    | Registered
    | Start
    | Renew
    | Stop
    | Adjust
    | StillBefore
    | Forget
    | Evict
)

_KINDS = kinds_of(get_args(Message))


def decode(line: bytes) -> Message:
    """Return the message of a line; ValueError if it is none of ours."""
    message: Message = json_lines.decode(line, _KINDS)
    return message


class MessageBuffer:
    """Cuts what arrives on a socket into messages."""

    def __init__(self) -> None:
        self._lines = LineBuffer()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes; ValueError if one is none of ours."""
        return map(decode, self._lines.feed(data))


def receive(channel: socket.socket) -> Iterator[Message]:
    """Yield messages from a blocking socket until the other side is gone."""
    messages = MessageBuffer()
    while True:
        try:
            data = channel.recv(1 << 16)
        except ConnectionError:
            return
        if not data:
            return
        yield from messages.feed(data)
