"""Sizes, durations and moments on a command line: `1.5GiB`; `2h`; `7d` for seven days ago, `2026-05-02`, or a time."""

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
