"""Sizes, durations, moments on a command line: `1.5GiB`; `2h`; `7d` for seven days ago, `2026-05-02`, or a time.

Moments that are to come have `7d` for in seven days, and `02:00` for the next such time.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from avio.wire import durations, moments
from avio.wire.sizes import size_of

_AGO = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMS = "write 90s, 30m, 12h, 7d or 2w for so long ago, a day as 2026-05-02, or 2026-05-02T11:40:05+08:00"


class Size(click.ParamType[int]):
    """A number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        try:
            return size_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Duration(click.ParamType[float]):
    """How long something may take."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds. Fail for anything but a duration or a number of seconds."""
        text = str(value)
        try:
            return float(durations.seconds_of(f"{text}s" if text.isascii() and text.isdecimal() else text))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[str]):
    """A moment of the past or the future. A day begins in the zone of this machine."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the moment as an RFC 3339 time."""
        try:
            return _moment(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time; {_FORMS}", param, ctx)


def _moment(text: str) -> str:
    if ago := _AGO.fullmatch(text):
        moment = datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    elif _DAY.fullmatch(text):
        moment = datetime.fromisoformat(text).astimezone()
    else:
        moments.epoch(text)
        return text
    return moment.isoformat(timespec="seconds")


_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_LATER_FORMS = (
    "write 30m, 12h or 7d for in so long, 02:00 for the next such time, 2026-12-02 02:00, or a time with its offset"
)


class LaterMoment(click.ParamType[str]):
    """A moment that is to come. Without an offset it is by the clock of this machine."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the moment as an RFC 3339 time."""
        try:
            return _later(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time; {_LATER_FORMS}", param, ctx)


def _later(text: str) -> str:
    if in_so_long := _AGO.fullmatch(text):
        moment = datetime.now(UTC) + timedelta(**{_UNITS[in_so_long[2]]: int(in_so_long[1])})
    elif clock := _CLOCK.fullmatch(text):
        here = datetime.now()  # noqa: DTZ005 - by the clock of this machine
        moment = here.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        moment = (moment if moment > here else moment + timedelta(days=1)).astimezone()
    elif _LOCAL.fullmatch(text):
        moment = datetime.fromisoformat(text).astimezone()
    else:
        return _moment(text)
    return moment.isoformat(timespec="seconds")
