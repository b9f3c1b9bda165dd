"""Clocks: wall time for people, CLOCK_BOOTTIME for deadlines, RFC 3339 for the API.

Used by every process. Deadlines never use the wall clock: an operator can set it, and it jumps after a suspend.
"""

import time
from datetime import UTC, datetime, timedelta, timezone


def now() -> float:
    """Return seconds since the epoch, on this machine's wall clock."""
    return time.time()


def boottime() -> float:
    """Return seconds since boot, suspend included. Setting the clock does not change it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def parse_zone(text: str) -> timezone:
    """Return the zone of an offset such as `+08:00` or `Z`. Raise ValueError for anything else."""
    if text == "Z":
        return UTC
    sign = {"+": 1, "-": -1}.get(text[:1])
    hours, colon, minutes = text[1:].partition(":")
    if sign is None or not colon or not (len(hours) == len(minutes) == 2) or not _is_digits(hours + minutes):
        raise ValueError(f"{text!r} is not an offset; write it as +08:00, -05:30 or Z")
    if int(minutes) > 59 or int(hours) > 14:
        raise ValueError(f"{text!r} is not a valid offset; hours go to 14, minutes to 59")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def rfc3339(seconds: float | None, zone: timezone) -> str | None:
    """Return epoch seconds as RFC 3339 with milliseconds in `zone`; None stays None.

    None also for what has no such form, before the year 1 or after 9999: a file may have any time.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, zone).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return None
