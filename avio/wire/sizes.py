"""A number of bytes, as people write it: `200GiB`, `1.5TB`, `4096`. Anything else is refused, never cut off.

Used for settings and command lines. Standard library only.
"""

import re

from avio.wire.digits import quoted

_UNITS = "KMGTPE"
_TEXT = re.compile(
    rf"0*([0-9]+)(?:\.([0-9]+))?\s*(?:([{_UNITS}])(i?))?B?", re.IGNORECASE | re.ASCII
)  # whole bytes, a fraction, the unit, the i of units of 1024
_MOST_DIGITS = 30  # more of a fraction say nothing; more before the point are beyond the largest size
LARGEST = 2**63 - 1

CURE = "write a number of bytes, or one with KiB, MiB, GiB, TiB (of 1024) or KB, MB, GB, TB (of 1000)"


def size_of(value: object) -> int:
    """Return the bytes that `value` says, an integer or a text. Raise ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())):
        size = _bytes(*match.groups())
    else:
        raise ValueError(f"{quoted(value)} is not a size; {CURE}")
    if size < 0:
        raise ValueError(f"{quoted(value)} is not a size; {CURE}")
    if size > LARGEST:
        raise ValueError(f"{quoted(value)} is too large: a size is below 8 EiB")
    return size


def _bytes(whole: str, fraction: str | None, unit: str | None, binary: str | None) -> int:
    """Return the bytes of the parts of a text, or more than the largest size."""
    if len(whole) > _MOST_DIGITS:
        return LARGEST + 1
    factor: int = (1024 if binary else 1000) ** (_UNITS.index(unit.upper()) + 1 if unit else 0)
    part = (fraction or "0")[:_MOST_DIGITS]
    share: int = int(part) * factor // 10 ** len(part)
    return int(whole) * factor + share
