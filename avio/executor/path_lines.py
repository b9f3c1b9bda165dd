"""Lines of JSON that have paths, which need not be UTF-8. Runs in the job process; pure."""

import json
from collections.abc import Sequence
from typing import Any

import orjson


def dumped(line: list[Any]) -> bytes:
    """Return a line with its end."""
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # a path that is not UTF-8
        return json.dumps(line).encode() + b"\n"


def loaded(text: bytes) -> Any:
    """Return what `dumped` wrote. Raises ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # orjson takes no lone surrogates
        return json.loads(text)


def loaded_all(lines: Sequence[bytes]) -> list[Any]:
    """Return what `dumped` wrote into several lines. Raises ValueError."""
    try:
        found: list[Any] = orjson.loads(b"[%b]" % b",".join(lines))
    except orjson.JSONDecodeError:
        return [loaded(line) for line in lines]
    return found
