"""Durations as people write them."""

import pytest

from avio.wire.durations import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2h", 7200), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "90", "30m1h", "1h 30m", "-5s", "1.5h", "٣s", "1M", "s", "9999999s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 90s"):
        seconds_of(text)
