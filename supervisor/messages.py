"""What keeper and intake say to each other: one JSON object a line, over their socketpair.

Used by both. Standard library only.
"""

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ended:
    """keeper: the process of an attempt is gone, and all of its children. `max_rss` in bytes.

    `files_done` is how many files it had in place, `stalled` tells that it was ended for getting no further.
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


@dataclass(frozen=True, slots=True)
class Situation:
    """keeper, to an intake that begins: the epoch of this keeper's life, if it has one, and what it holds."""

    epoch: int | None
    running: list[tuple[str, int]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Started:
    """keeper: the process of an attempt is up. `isolation` is what its ladder reports, JSON."""

    job: str
    attempt: int
    pid: int
    isolation: str


@dataclass(frozen=True, slots=True)
class Unkillable:
    """keeper: the process of an attempt was killed and does not go; its slot stays taken until it does."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Draining:
    """keeper: the node is to leave; take nothing further."""


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
class Forget:
    """intake: the end of this attempt is in the database, its directory may go."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Evict:
    """intake: the epoch is over; kill everything and begin a new one."""


Message = Ended | Situation | Started | Unkillable | Draining | Registered | Start | Renew | Stop | Forget | Evict

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Ended, Situation, Started, Unkillable, Draining, Registered, Start, Renew, Stop, Forget, Evict)
}

# An order with its engine's settings is far below this; a line beyond it is a fault.
MAX_LINE = 4 << 20


def encode(message: Message) -> bytes:
    """Return the line that carries `message`."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)}, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of a line."""
    data = json.loads(line)
    message: Message = _KINDS[data.pop("kind")](**data)
    return message


class Lines:
    """Cuts what arrives on a socket into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise ValueError("a message without end")
        for line in whole:
            yield decode(line)


def receive(channel: socket.socket) -> Iterator[Message]:
    """Yield messages from a blocking socket until the other side is gone."""
    lines = Lines()
    while True:
        try:
            data = channel.recv(1 << 16)
        except ConnectionError:
            return
        if not data:
            return
        yield from lines.feed(data)
