"""Numbers in texts of people and programs: ASCII digits alone.

Python's `int()` also takes `1_0`, blanks around, a plus, and the digits of other scripts: what a person meant by them
is not known. Used for queries, settings, command lines and headers. Standard library only.
"""

import re
from collections.abc import Iterator
from typing import Any, get_args

_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONG = re.compile(r"[0-9]{31}|[eE][+-]?[0-9]{4}")  # more than any bound; Python reads no integer of 4,301 digits
_QUOTED_LENGTH = 60

# A TCP port: a regular expression of JSON Schema, without ^ and $.
PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"


def whole(text: str) -> int:
    """Return the integer that `text` is. Raise ValueError for what only Python takes for one, and for endless ones."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is invalid: write it with the digits 0 to 9 alone")
    return int(_short(text))


def number(text: str) -> float:
    """Return the number that `text` is. Raise ValueError for what only Python takes for one, and for endless ones."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(text)} is invalid: write it with the digits 0 to 9, and a point if need be")
    return float(_short(text))


def quoted(value: object) -> str:
    """Return `value` as a message quotes it: the begin of a long one."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "the number"
    return text if len(text) <= _QUOTED_LENGTH else f"{text[: _QUOTED_LENGTH - 20]}... ({len(text):,} characters)"


def _short(text: str) -> str:
    if _LONG.search(text):
        raise ValueError(f"{quoted(text)} is invalid: it has too many digits")
    return text


def only_digits(kind: Any, given: Any) -> Any:
    """Return `given`, for a member of the type `kind`. Raise ValueError if a text in it is a number to Python alone.

    A text that Python refuses too is left to the reader of the member.
    """
    kinds = list(types_in(kind))
    read = whole if int in kinds else number
    if int in kinds or float in kinds:
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str) and _is_python_number(text):
                read(text)
    return given


def _is_python_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def types_in(kind: Any) -> Iterator[type]:
    """Yield the types in an annotation, such as `list[int] | None`."""
    if isinstance(kind, type):
        yield kind
    for inner in get_args(kind):
        yield from types_in(inner)
