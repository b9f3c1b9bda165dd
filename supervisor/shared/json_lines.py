"""Messages as JSON lines: a dataclass is an object with its class name as `kind`.

Used for the socketpair of keeper and intake and for the control pipe of a job. Standard library only.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

# Longer than any message; more without a line break is a fault of the sender.
MAX_LINE_BYTES = 4 << 20

Kinds = Mapping[str, type[Any]]


def kinds_of(kinds: Iterable[type[Any]]) -> Kinds:
    """Return `kinds` by name, as `decode` wants them."""
    return {kind.__name__: kind for kind in kinds}


def encode(message: Any) -> bytes:
    """Return the line that carries `message`, a dataclass instance."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)}, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes, kinds: Kinds) -> Any:
    """Return the message of a line. ValueError unless it is a JSON object of one of `kinds` with valid members."""
    data = json.loads(line)
    try:
        return kinds[data.pop("kind")](**data)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a message: {error!r}") from None


class LineBuffer:
    """Cuts a byte stream into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that `data` completes, without their line breaks; ValueError if one has no end."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise ValueError("a message without end")
        yield from whole
