"""The expected time of a job, fitted to the jobs that were done."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avio.rules.prior import fitted


def test_without_jobs_nothing_is_expected() -> None:
    assert fitted([]) is None


def test_the_rates_of_jobs_of_different_shapes_are_found() -> None:
    shapes = [(1000, 10), (1, 10_000_000), (500, 5_000_000), (20, 1_000)]
    samples = [(files, size, files * 0.01 + size * 1e-7) for files, size in shapes]

    assert fitted(samples) == pytest.approx((0.01, 1e-7), rel=1e-6)


def test_jobs_of_one_shape_expect_their_own_time() -> None:
    rates = fitted([(10, 1000, 5.0), (20, 2000, 10.0)])

    assert rates is not None
    assert rates[0] * 40 + rates[1] * 4000 == pytest.approx(20.0)


def test_jobs_of_empty_files_have_a_time_too() -> None:
    assert fitted([(10, 0, 5.0)]) == (0.5, 0.0)


SAMPLE = st.tuples(st.integers(1, 10**7), st.integers(0, 10**14), st.floats(1e-3, 1e6))


@settings(max_examples=40, deadline=None)
@given(st.lists(SAMPLE, min_size=1, max_size=20))
def test_no_time_is_below_zero(samples: list[tuple[int, int, float]]) -> None:
    rates = fitted(samples)

    assert rates is not None
    assert min(rates) >= 0
    assert max(rates) > 0
