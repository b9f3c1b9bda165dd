"""Ticks of a cron expression in a time zone, and the same in words. Used by web and the aggregator.

When the clock of a zone is set, ticks go as in Debian's cron. A tick at a fixed hour comes once: at the first minute
after an hour that is left out, and at the first of two hours with one name. Ticks of each hour or each few minutes
(`*` first in minute or hour) go by time that passes.
"""

import re
from datetime import datetime
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from avio.wire.schedules import MAX_CRON

FIELDS = 5
DAY_MINUTES = 24 * 60
FORM = "minute, hour, day of month, month, day of week, such as '0 2 * * *' for every day at 02:00"

_AT_TIMES = re.compile(r"at ((?:[0-9:]{5}(?:, and |, | and )?)+) (.+)")


class Cron:
    """The ticks of `expression` in the IANA time zone `timezone`. Raise ValueError for what is invalid."""

    def __init__(self, expression: str, timezone: str) -> None:
        self.timezone = timezone
        self._zone = zone(timezone)
        self._expression = " ".join(expression.split())
        if len(self._expression.split()) != FIELDS or len(self._expression) > MAX_CRON:
            raise ValueError(f"must have {FIELDS} fields: {FORM}")
        try:
            self._parsed = CronSim(self._expression, datetime.fromtimestamp(0, self._zone))
        except CronSimError as error:
            what = str(error).removeprefix("Bad ").replace("-", " ")
            raise ValueError(f"has an invalid {what}; the fields are {FORM}") from None

    def next(self, after: float) -> float | None:
        """Return the first tick after a time, both in epoch seconds; None if none comes in 50 years."""
        ticks = CronSim(self._expression, datetime.fromtimestamp(after, self._zone))
        try:
            # In the second of two hours with one name, the library goes on from the first.
            while (tick := next(ticks).timestamp()) <= after:
                pass
        except (StopIteration, OverflowError):
            return None
        return tick

    def gap(self) -> int:
        """Return the minutes between two ticks at least, on two days that follow each other."""
        times = sorted(hour * 60 + minute for hour in self._parsed.hours for minute in self._parsed.minutes)
        return min(late - early for early, late in zip(times, [*times[1:], times[0] + DAY_MINUTES], strict=True))

    def words(self) -> str:
        """Return such as `every day at 02:00 Asia/Shanghai`."""
        text = self._parsed.explain()
        text = _AT_TIMES.sub(r"\2 at \1", text[0].lower() + text[1:])
        return f"{text} {self.timezone}"

    def shown(self, moment: float) -> str:
        """Return a time (epoch seconds) by the clock of the zone, to the minute."""
        return datetime.fromtimestamp(moment, self._zone).strftime("%Y-%m-%d %H:%M")


@lru_cache(64)
def zone(name: str) -> ZoneInfo:
    """Return an IANA time zone. Raise ValueError with names that are spelled alike."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a directory of zones is an OSError
        cities = [each for each in _names() if each.endswith(f"/{name.lower()}")]
        near = [_names()[each] for each in [*cities, *get_close_matches(name.lower(), _names(), 1, 0.8)]]
        hint = f"did you mean {' or '.join(near)}?" if near else "write such as Asia/Shanghai, Europe/Berlin or UTC"
        raise ValueError(f"is not a time zone of the IANA list; {hint}") from None


@cache
def _names() -> dict[str, str]:
    """Return the names of all zones, by the same in small letters."""
    return {name.lower(): name for name in available_timezones()}
