"""When a job ends: right for most jobs of each shape, silent without ground, and never below zero."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avio.executor.eta.estimator import STALL_SECONDS, Estimator, Work
from avio.executor.eta.forecast_log import ForecastLog
from avio.executor.eta.priors import Priors, priors_of
from avio.wire.timings import Eta, Forecast, Timing
from tests.unit.executor.eta import traces

MIB = 1 << 20
JOBS = 5  # of each shape
BEFORE = 2  # jobs of the same mount


def run(shape: str, seed: int, place: Random, past: Sequence[Timing] = ()) -> Timing:
    """Run a job that never was, on the store that `place` gives, and return how it went."""
    random = Random(f"{shape} {seed}")
    sizes = traces.SHAPES[shape](random)
    points = list(traces.trace(sizes, traces.store(shape, place), random))
    estimator, forecasts = Estimator(priors_of(past)), ForecastLog(0.0)
    for point in points:
        forecasts.note(point.seconds, estimator.look(point.seconds, point.work))
    moved, end = points[-2].seconds, points[-1].seconds
    return Timing(
        len(sizes),
        sum(sizes),
        round(moved * 1000),
        len(sizes),
        round((end - moved) * 1000),
        False,
        forecasts.scored(end),
    )


def after_a_tenth(timings: Sequence[Timing]) -> list[Forecast]:
    """Return the forecasts of the jobs that had one after a tenth of their time."""
    return [each for timing in timings for each in timing.forecasts if each.percent == 10]


def is_close(forecast: Forecast) -> bool:
    """Return True if p50 is within 20 % of what came true."""
    return abs(forecast.p50_ms / forecast.actual_ms - 1) <= 0.2


def test_with_a_history_most_jobs_of_each_shape_know_their_end_after_a_tenth_of_their_time() -> None:
    found: dict[str, list[Forecast]] = {}
    for shape in traces.SHAPES:
        past: list[Timing] = []
        for seed in range(BEFORE + JOBS):
            past.insert(0, run(shape, seed, Random(f"store of {shape}"), past))
        found[shape] = after_a_tenth(past[:JOBS])

    assert {shape: len(made) for shape, made in found.items() if len(made) < 0.8 * JOBS} == {}
    assert {shape: made for shape, made in found.items() if sum(map(is_close, made)) < 0.8 * JOBS} == {}
    late = [each for made in found.values() for each in made if each.actual_ms > each.p90_ms]
    assert len(late) <= 0.15 * JOBS * len(traces.SHAPES)


def test_the_first_job_of_a_mount_knows_its_end_too_if_the_rest_is_as_what_came() -> None:
    shapes = [shape for shape in traces.SHAPES if shape != "skewed"]

    made = after_a_tenth([run(shape, seed, Random(f"store {seed}")) for shape in shapes for seed in range(3)])

    assert len(made) >= 10
    assert sum(map(is_close, made)) >= 0.8 * len(made), made


def moving(
    seconds: int, files: int, size: int, *, speed: tuple[int, int], **work: object
) -> Iterator[tuple[float, Work]]:
    """Yield the moments of a job of `files` and bytes that moves at a steady `speed`, each half second."""
    for half in range(1, 2 * seconds + 1):
        done, came = (min(total, half * rate // 2) for total, rate in zip((files, size), speed, strict=True))
        yield half / 2, Work(True, files, size, done, came, **work)  # type: ignore[arg-type]


def test_nothing_is_told_while_the_listing_goes_on() -> None:
    estimator = Estimator(Priors())

    for now, work in moving(30, 3000, 3000 * MIB, speed=(50, 50 * MIB)):
        assert estimator.look(now, Work(False, *[work.files, work.bytes, work.files_done, work.bytes_done])) is None


def test_without_earlier_jobs_the_first_seconds_are_no_ground() -> None:
    estimator = Estimator(Priors())
    told = [(now, estimator.look(now, work)) for now, work in moving(10, 1000, 1000 * MIB, speed=(20, 20 * MIB))]

    assert [eta for now, eta in told if now < 3] == [None] * 5
    assert all(eta is not None for now, eta in told if now > 4)


def test_small_files_alone_tell_nothing_about_the_large_ones_that_come() -> None:
    estimator = Estimator(Priors())
    total = 5000 * 1000 + 200 * 1000 * MIB

    told = [estimator.look(now, work) for now, work in moving(10, 5200, total, speed=(400, 400_000))]

    assert told == [None] * 20


def test_a_job_that_stands_still_expects_its_end_later_and_later_and_then_says_nothing() -> None:
    estimator = Estimator(Priors())
    for now, work in moving(30, 10_000, 10_000 * MIB, speed=(20, 20 * MIB)):
        last = estimator.look(now, work)
    assert last is not None
    ends = [now + last.p50_ms / 1000]

    for half in range(1, int(2 * STALL_SECONDS)):
        eta = estimator.look(30 + half / 2, work)
        assert eta is not None
        ends.append(30 + half / 2 + eta.p50_ms / 1000)

    assert all(later > end + 0.4 for end, later in pairwise(ends))
    assert estimator.look(30 + STALL_SECONDS + 1, work) is None
    again = [estimator.look(46 + second, Work(True, 10_000, 10_000 * MIB, 600 + 20 * second, 0)) for second in range(6)]
    assert again[-1] is not None


def test_a_new_bandwidth_counts_at_once() -> None:
    estimator = Estimator(Priors())
    for now, work in moving(20, 1000, 1000 * MIB, speed=(20, 20 * MIB)):
        eta = estimator.look(now, work)
    assert eta is not None
    assert eta.p50_ms == pytest.approx(30_000, rel=0.1)

    limited = estimator.look(20.5, Work(True, 1000, 1000 * MIB, 401, 401 * MIB, bandwidth=1 * MIB))

    assert limited is not None
    assert limited.p50_ms > 599_000


def test_a_store_that_is_slower_than_ever_before_is_believed_soon() -> None:
    past = [Timing(1000, 1000 * MIB, 20_000, 1000, 100)] * 10  # 50 MiB/s
    estimator = Estimator(priors_of(past))
    for now, work in moving(12, 1000, 1000 * MIB, speed=(20, 20 * MIB)):
        eta = estimator.look(now, work)

    assert eta is not None
    assert eta.p50_ms / 1000 == pytest.approx(1000 / 20 - 12, rel=0.2)


def test_errors_of_earlier_forecasts_widen_the_next_ones() -> None:
    def wide(actual: int) -> float:
        past = [Timing(1000, 1000 * MIB, 50_000, 1000, 100, False, [Forecast(10, 45_000, 50_000, actual)])] * 10
        estimator = Estimator(priors_of(past))
        for now, work in moving(10, 1000, 1000 * MIB, speed=(20, 20 * MIB)):
            eta = estimator.look(now, work)
        assert eta is not None
        return eta.p90_ms / eta.p50_ms

    assert wide(60_000) > 1.2 * wide(45_000)


@pytest.mark.parametrize(
    "forecast", [Forecast(50, 0, 0, 8), Forecast(50, 0, 0, 40), Forecast(50, 900, 1200, 8), Forecast(50, 300, 400, 0)]
)
def test_what_took_a_moment_as_expected_does_not_keep_later_jobs_from_an_estimate(forecast: Forecast) -> None:
    in_place = Timing(0, 0, 80, 320, 150, False, [forecast])
    estimator = Estimator(priors_of([in_place] * 20))
    for now, work in moving(10, 1000, 1000 * MIB, speed=(20, 20 * MIB)):
        eta = estimator.look(now, work)

    assert eta is not None
    assert eta.p50_ms / 1000 == pytest.approx(1000 / 20 - 10, rel=0.2)


def test_moments_do_not_hide_that_earlier_forecasts_were_wrong() -> None:
    wrong = Timing(1000, 1000 * MIB, 50_000, 1000, 100, False, [Forecast(10, 45_000, 50_000, 90_000)])
    moment = Timing(0, 0, 80, 320, 150, False, [Forecast(50, 0, 0, 8)])

    assert priors_of([wrong, *[moment] * 19]).error == priors_of([wrong]).error > 0.5


def test_half_a_second_where_none_was_expected_is_a_small_error() -> None:
    late = Timing(3, 180 * MIB, 6000, 3, 1500, False, [Forecast(50, 0, 0, 1500)])

    assert 0 < priors_of([late]).error < 1


def test_the_verification_is_a_part_of_the_rest_and_is_corrected_while_it_runs() -> None:
    past = [Timing(1000, 1000 * MIB, 50_000, 1000, 20_000)] * 5
    estimator = Estimator(priors_of(past))
    for now, work in moving(50, 1000, 1000 * MIB, speed=(20, 20 * MIB), to_verify=1000):
        estimator.look(now, work)
    left = [
        estimator.look(50 + second, Work(True, 1000, 1000 * MIB, 1000, 1000 * MIB, 1000, 100 * second))
        for second in range(11)
    ]

    assert left[0] is not None
    assert left[0].p50_ms == pytest.approx(20_000, rel=0.2)
    assert left[8] is not None
    assert left[8].p50_ms == pytest.approx(2000, rel=0.3)
    assert left[10] == Eta(0, 0)


amounts = st.integers(0, 10**7)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), amounts, amounts, st.booleans(), st.none() | amounts), max_size=40),
    amounts,
    amounts,
    st.none() | st.integers(1, 10**6),
)
def test_whatever_happens_the_rest_is_never_below_zero_and_p90_never_before_p50(
    steps: list[tuple[float, int, int, bool, int | None]], files: int, size: int, bandwidth: int | None
) -> None:
    estimator = Estimator(Priors())
    now = 0.0
    done = came = 0
    for seconds, more, more_bytes, complete, verified in steps:
        now, done, came = now + seconds, done + more, came + more_bytes
        work = Work(complete, files, size, done, came, files, verified, bandwidth)
        eta = estimator.look(now, work)
        assert eta is None or (complete and 0 <= eta.p50_ms <= eta.p90_ms)


@pytest.mark.parametrize(("size", "is_told"), [(10**9, True), (2**63 - 1, False)])
def test_an_end_that_no_calendar_has_is_not_told(size: int, is_told: bool) -> None:
    estimator = Estimator(Priors())

    told = [estimator.look(second, Work(True, 1000, size, second * 10, second * 10**6)) for second in range(60)]

    assert any(told) == is_told
