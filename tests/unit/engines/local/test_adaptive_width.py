"""How many requests are under way: found on simulated lines and stores, from 0.1 to 50 ms, halved when asked to."""

from dataclasses import dataclass, field

import pytest

from avio.engines.local.transfer.adaptive_width import FIRST, LEAST, MOST, REFUSED_SHARE, AdaptiveWidth

SMALL_BYTES = 16 << 10
STEP_SECONDS = 0.01


@dataclass
class Line:
    """A line and a store: each request takes `round_trip`, the store answers `per_second`, the line `bytes_a_second`.

    The thread works for `work` seconds at each request. Of more than `patience` requests at once the store refuses
    those that are too many.
    """

    round_trip: float
    per_second: float = 1e9
    bytes_a_second: float = 1e12
    patience: int = 1_000_000
    work: float = 0.0
    size: int = SMALL_BYTES
    now: float = 0.0
    refused: int = 0
    widths: list[int] = field(default_factory=list)

    def run(self, width: AdaptiveWidth, seconds: float) -> AdaptiveWidth:
        """Keep as many requests under way as `width` allows, for so long."""
        left = bytes_left = 0.0
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_SECONDS
            ended = min(width.width / self.round_trip, self.per_second, self.bytes_a_second / self.size) * STEP_SECONDS
            ended = min(ended, STEP_SECONDS / self.work) if self.work else ended
            bytes_left += ended * self.size
            left += ended
            completed = int(left)
            left -= completed
            size = int(bytes_left) if self.size > 1 << 20 else completed * self.size
            bytes_left -= size
            refused = completed * max(0, width.width - self.patience) // width.width
            self.refused += refused
            width.feed(completed - refused, size, STEP_SECONDS, refused, min(STEP_SECONDS, completed * self.work))
            self.widths.append(width.width)
        return width


def test_on_loopback_it_stays_at_the_first_width() -> None:
    assert Line(0.0001, per_second=5000).run(AdaptiveWidth(), 20).width <= 2 * FIRST


@pytest.mark.parametrize(("round_trip", "per_second", "least", "most"), [
    (0.005, 6000, 30, 64),
    (0.05, 5000, 250, MOST),
    (0.05, 100_000, MOST, MOST),
    (0.05, 1000, 50, 128),
])  # fmt: skip
def test_it_finds_what_line_and_store_can_do(round_trip: float, per_second: float, least: int, most: int) -> None:
    assert least <= Line(round_trip, per_second).run(AdaptiveWidth(), 4).width <= most


def test_at_50_ms_256_are_under_way_within_half_a_second() -> None:
    assert Line(0.05, work=0.0001).run(AdaptiveWidth(), 0.6).width >= 256


@pytest.mark.parametrize(("round_trip", "work"), [(0.0005, 0.0002), (0.005, 0.0003), (0.05, 0.0002)])
def test_more_than_keep_the_thread_at_work_are_not_tried(round_trip: float, work: float) -> None:
    line = Line(round_trip, work=work)
    line.run(AdaptiveWidth(), 60)

    at_work = round_trip / work
    assert max(line.widths) <= max(FIRST, 1.5 * at_work)
    assert line.widths[-1] >= min(FIRST, 0.8 * at_work)


def test_more_are_tried_as_soon_as_the_thread_has_time() -> None:
    line = Line(0.05, work=0.002)
    width = line.run(AdaptiveWidth(), 2)
    assert width.width <= 32

    line.work = 0.0001

    assert line.run(width, 1).width >= 256


def test_ranges_of_large_objects_are_measured_by_their_bytes() -> None:
    line = Line(round_trip=0.5, bytes_a_second=1e9, size=16 << 20)

    assert 16 <= line.run(AdaptiveWidth(), 60).width <= 64


def test_more_is_tried_again_when_the_store_can_do_more() -> None:
    line = Line(0.05, per_second=500)
    width = line.run(AdaptiveWidth(), 10)
    before = width.width

    line.per_second = 100_000

    assert line.run(width, 12).width >= 4 * before


def test_a_store_that_asks_to_slow_down_gets_half() -> None:
    width = Line(0.05).run(AdaptiveWidth(), 3)
    before = width.width

    width.feed(0, 0, STEP_SECONDS, slow_downs=before // REFUSED_SHARE + 1)

    assert width.width == before // 2


def test_a_few_refusals_now_and_then_are_no_reason() -> None:
    width = Line(0.05).run(AdaptiveWidth(), 3)
    before = width.width

    for number in range(1000):
        width.feed(2, 2 * SMALL_BYTES, STEP_SECONDS, slow_downs=number % 25 == 0)

    assert width.width >= before


def test_refusals_of_what_was_under_way_halve_it_once() -> None:
    width = Line(0.05).run(AdaptiveWidth(), 3)
    before = width.width

    for _ in range(10):
        width.feed(0, 0, 0.001, slow_downs=before // 10)

    assert width.width == before // 2


def test_it_comes_to_stay_around_what_the_store_bears() -> None:
    line = Line(0.05, patience=100)
    width = line.run(AdaptiveWidth(), 60)

    late = line.widths[len(line.widths) // 2 :]
    assert 60 <= sum(late) / len(late) <= 130
    assert line.refused < 0.05 * line.now * 100 / 0.05
    assert width.width >= 30


def test_after_a_storm_it_is_soon_where_it_was() -> None:
    line = Line(0.05, per_second=5000)
    width = line.run(AdaptiveWidth(), 5)
    before = width.width
    for _ in range(600):
        width.feed(0, 0, 0.1, slow_downs=width.width)
    assert width.width == LEAST

    assert line.run(width, 10).width >= before * 3 // 4


def test_a_limit_is_kept_and_may_change() -> None:
    line = Line(0.05, per_second=100_000)
    width = line.run(AdaptiveWidth(most=7), 5)
    assert max(line.widths) == 7

    width.limit(40)
    assert line.run(width, 5).width == 40

    width.limit(3)
    assert width.width == 3


def test_another_limit_does_not_undo_what_the_store_has_asked_for() -> None:
    width = AdaptiveWidth(most=30)
    while width.width > LEAST:
        width.feed(0, 0, 0.1, slow_downs=width.width)

    width.limit(40)

    assert width.width == LEAST


def test_times_that_say_nothing_are_no_measure() -> None:
    width = AdaptiveWidth()

    for _ in range(100):
        width.feed(0, 0, 0.5)

    assert width.width == FIRST


def test_a_slow_moment_stops_no_growth() -> None:
    line, width = Line(0.05, per_second=100_000), AdaptiveWidth()
    for number in range(30):  # three seconds, of which every third tenth is slow for another reason
        line.round_trip = 0.15 if number % 3 == 1 else 0.05
        line.run(width, 0.1)

    assert width.width >= 256


def test_where_the_store_is_known_to_take_long_the_first_answers_end_the_first_round() -> None:
    width = AdaptiveWidth()
    width.expect_long_waits()
    assert width.width == FIRST
    assert Line(0.05, work=0.0001).run(width, 0.08).width == 4 * FIRST
    assert Line(0.05, work=0.0001).run(width, 0.4).width >= 256


def test_a_store_that_refuses_the_first_gets_fewer_whatever_was_expected() -> None:
    width = AdaptiveWidth()
    width.expect_long_waits()
    width.feed(0, 0, 0.05, slow_downs=FIRST)
    assert width.width == FIRST // 2


def test_an_expectation_changes_nothing_that_was_measured() -> None:
    measured, told = AdaptiveWidth(), AdaptiveWidth()
    for width in (measured, told):
        Line(0.05, per_second=5000).run(width, 0.15)
    told.expect_long_waits()
    for width in (measured, told):
        Line(0.05, per_second=5000).run(width, 0.15)
    assert told.width == measured.width
