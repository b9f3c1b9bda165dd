"""Numbers in texts of people and programs: ASCII digits alone.

Python's `int()` also takes `1_0`, blanks around, a plus, and the digits of other scripts: what a person meant by them
is not known. Used for queries, settings, command lines and headers. Standard library only.
"""

import re
from collections.abc import Iterator
from typing import Any, get_args

_WHOLE = re.compile(r"-?[0-9]{1,30}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")

# A TCP port: a regular expression of JSON Schema, without ^ and $.
PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"


def whole(text: str) -> int:
    """Return the integer that `text` is. Raise ValueError for what only Python takes for one."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is invalid: write it with the digits 0 to 9 alone")
    return int(text)


def number(text: str) -> float:
    """Return the number that `text` is. Raise ValueError for what only Python takes for one."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is invalid: write it with the digits 0 to 9, and a point if need be")
    return float(text)


def only_digits(kind: Any, given: Any) -> Any:
    """Return `given`, for a member of the type `kind`. Raise ValueError if a text in it is a number to Python alone.

    A text that Python refuses too is left to the reader of the member.
    """
    kinds = list(_types(kind))
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


def _types(kind: Any) -> Iterator[type]:
    """Yield the types in an annotation, such as `list[int] | None`."""
    if isinstance(kind, type):
        yield kind
    for inner in get_args(kind):
        yield from _types(inner)
