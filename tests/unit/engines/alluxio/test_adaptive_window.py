"""The pace of a worker: bytes are spread over time by the bandwidth, and go at once without one."""

import time

from avio.engines.alluxio.load.adaptive_window import RateLimit


def test_a_turn_comes_when_what_was_booked_before_has_had_its_time() -> None:
    pace = RateLimit(1000)
    first = pace.turn(500)

    assert first <= time.monotonic()
    assert abs(pace.turn(2000) - first - 0.5) < 0.01
    assert abs(pace.turn(1) - first - 2.5) < 0.01


def test_time_in_which_nothing_was_asked_for_is_not_saved_up() -> None:
    pace = RateLimit(1_000_000)
    pace.turn(1)
    time.sleep(0.01)

    now = time.monotonic()
    assert pace.turn(100_000) >= now
    assert pace.turn(1) >= now + 0.1


def test_without_a_bandwidth_all_go_at_once() -> None:
    pace = RateLimit(None)

    assert max(pace.turn(1 << 40) for _ in range(3)) <= time.monotonic()
