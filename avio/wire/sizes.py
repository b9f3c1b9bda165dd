"""A number of bytes, as people write it: `200GiB`, `1.5TB`, `4096`. Anything else is refused, never cut off.

Used for settings and command lines. Standard library only.
"""

import re

_UNITS = "KMGTPE"
_TEXT = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*(?:([{_UNITS}])(i?))?B?", re.IGNORECASE | re.ASCII)
LARGEST = 2**63 - 1

CURE = "write a number of bytes, or one with KiB, MiB, GiB, TiB (of 1024) or KB, MB, GB, TB (of 1000)"


def size_of(value: object) -> int:
    """Return the bytes that `value` says, an integer or a text. Raise ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())):
        number, unit, binary = match.groups()
        power = _UNITS.index(unit.upper()) + 1 if unit else 0
        factor = (1024 if binary else 1000) ** power
        size = int(number) * factor if number.isdecimal() else int(float(number) * factor)
    else:
        raise ValueError(f"{value!r} is not a size; {CURE}")
    if not 0 <= size <= LARGEST:
        raise ValueError(f"{value!r} is not a possible size; {CURE}")
    return size
