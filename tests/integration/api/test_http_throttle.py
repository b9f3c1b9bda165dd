"""The table of failed logins, on a clock of its own."""

import pytest

from avio.api.throttle import FREE_TRIES, LONGEST_WAIT, MAX_KEYS, Throttle
from avio.errors import TooMany


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait_after(throttle: Throttle) -> int:
    """Return for how many seconds the next try is refused."""
    with pytest.raises(TooMany) as refused:
        throttle.enter("ada", "::1")
    assert refused.value.retry_after is not None
    return refused.value.retry_after


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_TRIES):
        throttle.enter("ada", "::1")
    waits = []
    for _ in range(12):
        waits.append(wait_after(throttle))
        clock.now += waits[-1]
        throttle.enter("ada", "::1")
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT


def test_a_quarter_of_an_hour_of_rest_clears_the_record() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_TRIES):
        throttle.enter("ada", "::1")
    clock.now += 2 * LONGEST_WAIT
    for _ in range(FREE_TRIES):
        throttle.enter("ada", "::1")
    assert wait_after(throttle) == 1


def test_the_table_is_bounded() -> None:
    throttle = Throttle(Clock())
    for number in range(MAX_KEYS + 50):
        throttle.enter(f"user {number}", "::1")
    assert len(throttle._records) == MAX_KEYS
