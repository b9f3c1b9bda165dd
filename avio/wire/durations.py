"""Durations as people write them: `90s`, `30m`, `1h30m`, `2h`, `7d`, `2w`. A number without a unit is refused.

Used by web and command lines. Standard library only.
"""

import re

from avio.wire.digits import quoted

FORMS = "write 90s, 30m, 1h30m, 12h, 7d or 2w"

_UNITS = {"w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_TEXT = re.compile("".join(rf"(?:([0-9]{{1,6}}){unit})?" for unit in _UNITS))


def seconds_of(text: str) -> int:
    """Return the seconds of a duration. Raise ValueError for anything else, and for 0."""
    found = _TEXT.fullmatch(text)
    seconds = (
        sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True)) if found else 0
    )
    if not seconds:
        raise ValueError(f"{quoted(text)} is not a duration; {FORMS}")
    return seconds
