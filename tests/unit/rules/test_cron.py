"""Ticks of cron expressions: by the clock of a zone, also where it is set, and in words."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avio.rules.cron import Cron

NEW_YORK = "America/New_York"


def ticks(expression: str, zone: str, begin: str, number: int) -> list[str]:
    """Return the first ticks after a time, by the clock of the zone."""
    cron, at, found = Cron(expression, zone), datetime.fromisoformat(begin).timestamp(), []
    for _ in range(number):
        following = cron.next(at)
        assert following is not None
        assert following > at
        at = following
        found.append(datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat()[:-3])
    return found


def test_a_tick_is_by_the_clock_of_its_zone() -> None:
    assert ticks("0 2 * * *", "Asia/Shanghai", "2026-12-01T18:00:00+00:00", 1) == ["2026-12-03T02:00:00+08"]
    assert ticks("0 2 * * *", "Asia/Shanghai", "2026-12-01T17:59:59+00:00", 1) == ["2026-12-02T02:00:00+08"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 2 * * *", ["03-08T03:00:00-04", "03-09T02:30:00-04"]),  # the first minute that there is
        ("0,30 2 * * *", ["03-08T03:00:00-04", "03-09T02:00:00-04"]),  # both ticks of the hour are one
        ("30 * * * *", ["03-08T00:30:00-05", "03-08T01:30:00-05", "03-08T03:30:00-04"]),
    ],
)
def test_an_hour_that_is_left_out_loses_no_daily_tick(expression: str, expected: list[str]) -> None:
    assert ticks(expression, NEW_YORK, "2026-03-08T00:15:00-05:00", len(expected)) == [f"2026-{e}" for e in expected]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 1 * * *", ["11-01T01:30:00-04", "11-02T01:30:00-05"]),  # once
        ("30 * * * *", ["11-01T00:30:00-04", "11-01T01:30:00-04", "11-01T01:30:00-05", "11-01T02:30:00-05"]),
        ("*/30 1 * * *", ["11-01T01:00:00-04", "11-01T01:30:00-04", "11-01T01:00:00-05", "11-01T01:30:00-05"]),
    ],
)
def test_an_hour_that_comes_twice_doubles_no_daily_tick(expression: str, expected: list[str]) -> None:
    assert ticks(expression, NEW_YORK, "2026-11-01T00:15:00-04:00", len(expected)) == [f"2026-{e}" for e in expected]


def test_no_tick_is_in_the_past_within_the_second_of_two_hours() -> None:
    assert ticks("30 1 * * *", NEW_YORK, "2026-11-01T01:15:00-05:00", 1) == ["2026-11-02T01:30:00-05"]


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"]),
    minute=st.sampled_from(["0", "30", "*/20", "7"]),
    hour=st.sampled_from(["*", "*/3", "1", "2", "1,2,3", "23"]),
    day=st.integers(1, 365),
)
def test_ticks_rise_and_begin_anywhere(zone: str, minute: str, hour: str, day: int) -> None:
    """Wherever one looks from between two ticks, the next one is the same: no restart changes what comes."""
    cron, at = Cron(f"{minute} {hour} * * *", zone), 1767225600.0 + day * 86400
    for _ in range(4):
        following = cron.next(at)
        assert following is not None
        assert following > at
        assert cron.next(at + (following - at) * 0.7) == following
        at = following


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 2 * * *", "every day at 02:00 Asia/Shanghai"),
        ("0 2,14 * * *", "every day at 02:00 and 14:00 Asia/Shanghai"),
        ("30 9 * * 1-5", "on Monday through Friday at 09:30 Asia/Shanghai"),
        ("0 0 1 * *", "on the first day of every month at 00:00 Asia/Shanghai"),
        ("0 0 L * *", "on the last day of every month at 00:00 Asia/Shanghai"),
        ("5 4 1 1 *", "on January 1 at 04:05 Asia/Shanghai"),
        ("*/15 * * * *", "every 15th minute of every hour Asia/Shanghai"),
        ("0 * * * *", "at the start of every hour Asia/Shanghai"),
    ],
)
def test_a_schedule_in_words(expression: str, words: str) -> None:
    assert Cron(expression, "Asia/Shanghai").words() == words


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [("0 2 * * *", 1440), ("*/5 * * * *", 5), ("0,59 0,23 * * *", 1), ("0 */6 * * *", 360), ("* 3 * * *", 1)],
)
def test_the_shortest_time_between_two_ticks(expression: str, minutes: int) -> None:
    assert Cron(expression, "UTC").gap() == minutes


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 2 * *", "must have 5 fields: minute, hour"),
        ("0 0 2 * * *", "must have 5 fields"),
        ("@daily", "must have 5 fields"),
        ("0 " + "9" * 300 + " * * *", "must have 5 fields"),
        ("60 2 * * *", "has an invalid minute; the fields are minute, hour, day of month, month, day of week"),
        ("0 24 * * *", "has an invalid hour"),
        ("0 2 31 2 *", "has an invalid day of month"),
        ("0 2 * * ²L", "has an invalid day of week"),
    ],
)
def test_what_is_not_a_cron_expression_is_refused(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Cron(expression, "UTC")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("asia/shanghai", r"did you mean Asia/Shanghai\?"),
        ("Asia/Shangai", r"did you mean Asia/Shanghai\?"),
        ("Berlin", r"did you mean Europe/Berlin\?"),
        ("Asia", "is not a time zone of the IANA list"),
        ("../../etc/passwd", "write such as Asia/Shanghai"),
        ("/etc/localtime", "is not a time zone"),
        ("+08:00", "is not a time zone"),
        ("a\0b", "is not a time zone"),
        ("", "is not a time zone"),
    ],
)
def test_what_is_not_a_time_zone_is_refused_with_those_that_are_spelled_alike(zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Cron("0 2 * * *", zone)


def test_a_day_that_never_comes_has_no_tick() -> None:
    assert Cron("* * */20 * 1L", "UTC").next(0.0) is None
