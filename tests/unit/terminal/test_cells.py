"""How values look to people: never more exact, and never better, than they are."""

import pytest

from avio.terminal import cells


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "-"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (10_240, "10 KiB"),
        (1_048_575, "1.0 MiB"),
        (148_897_792, "142 MiB"),
        (1 << 60, "1.0 EiB"),
        (1 << 71, "2048 EiB"),
    ],
)
def test_a_size_has_a_unit_that_keeps_it_short(number: int | None, shown: str) -> None:
    assert cells.size(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(None, "?"), (0, "0%"), (0.01, "<1%"), (63.9, "63%"), (99.99, "99%"), (100, "100%")]
)
def test_a_percentage_is_rounded_down_so_that_100_means_all(number: float | None, shown: str) -> None:
    assert cells.percent(number) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(-3, "0s"), (49.9, "49s"), (724, "12m04s"), (11_100, "3h05m")])
def test_a_duration_has_two_units_at_most(seconds: float, shown: str) -> None:
    assert cells.duration(seconds) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/daten/größe 数据", "/daten/größe 数据"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202egpj", "\\u202egpj"),
        ("\udc80", "\\x80"),
        ("\x80\xa0", "\\u0080\\u00a0"),
    ],
)
def test_what_can_not_be_seen_is_written_out(text: str, shown: str) -> None:
    assert cells.printable(text) == shown


@pytest.mark.parametrize("text", ["never", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_no_clock_here_shows_stands_as_it_is(text: str) -> None:
    assert (cells.moment(text), cells.raw_moment(text)) == (text, text)
