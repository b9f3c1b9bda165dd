"""The rates that a fit finds, and what it knows of them."""

from random import Random

import pytest

from avio.executor.eta.cost_model import Cost, Rate, Sample, fit

PER_FILE, PER_BYTE = Rate(0.002, 3.0), Rate(1e-8, 3.0)


def fitted(samples: list[Sample]) -> Cost:
    """Return the fit after some looks at the same samples."""
    cost = fit(samples, PER_FILE, PER_BYTE)
    for _ in range(20):
        cost = fit(samples, PER_FILE, PER_BYTE, before=cost)
    return cost


def test_files_and_bytes_have_each_their_rate_where_samples_differ() -> None:
    samples = [Sample(100, 0, 0.5), Sample(0, 10_000_000, 1.0), Sample(50, 5_000_000, 0.75)] * 10

    cost = fitted(samples)

    assert cost.first == pytest.approx(0.005, rel=0.05)
    assert cost.second == pytest.approx(1e-7, rel=0.05)


def test_results_that_come_in_bursts_do_not_make_a_job_faster() -> None:
    random = Random(1)
    samples = [Sample(random.choice([5, 200]), 0, 0.5) for _ in range(40)]

    cost = fitted(samples)

    files, seconds = sum(each.first for each in samples), sum(each.seconds for each in samples)
    assert cost.seconds(files, 0) == pytest.approx(seconds, rel=0.05)  # least squares says half


def test_what_no_sample_shows_stays_uncertain() -> None:
    cost = fitted([Sample(100, 0, 0.5)] * 20)

    assert cost.variance(1000, 0) ** 0.5 < 0.2 * cost.seconds(1000, 0)
    assert cost.variance(0, 10**9) ** 0.5 > cost.seconds(0, 10**9)


def test_samples_of_other_jobs_tell_what_this_one_has_not_shown() -> None:
    past = [Sample(10, 9_000_000, 1.0, 4.0)]
    live = [Sample(100, 0, 0.5)] * 20

    cost = fit(live, PER_FILE, PER_BYTE, past)
    for _ in range(20):
        cost = fit(live, PER_FILE, PER_BYTE, past, cost)

    assert cost.first == pytest.approx(0.005, rel=0.05)
    assert cost.second == pytest.approx((1.0 - 10 * 0.005) / 9_000_000, rel=0.1)


def test_without_samples_the_rates_are_those_that_were_known() -> None:
    cost = fit([Sample(0, 0, 5.0)], PER_FILE, PER_BYTE)

    assert (cost.first, cost.second) == pytest.approx((PER_FILE.seconds, PER_BYTE.seconds))
