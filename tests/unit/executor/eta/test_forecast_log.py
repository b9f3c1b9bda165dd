"""What a job expected at some shares of its time, and what came true."""

from avio.executor.eta.forecast_log import MAX_NOTES, ForecastLog
from avio.wire.timings import Eta, Forecast


def test_at_each_mark_counts_the_first_estimate_before_the_next_mark() -> None:
    log = ForecastLog(100.0)
    for second, p50 in ((5, 1), (12, 80_000), (20, 2), (30, 60_000), (40, 3)):
        log.note(100.0 + second, Eta(p50, 2 * p50))
    log.note(160.0, None)

    assert log.scored(200.0) == [Forecast(10, 80_000, 160_000, 88_000), Forecast(25, 60_000, 120_000, 70_000)]


def test_a_job_without_an_estimate_has_no_forecast() -> None:
    assert ForecastLog(0.0).scored(10.0) == []


def test_however_long_a_job_runs_it_keeps_few_notes_and_has_all_marks() -> None:
    log = ForecastLog(0.0)
    for half in range(100_000):
        log.note(half / 2, Eta(half, half))

    assert len(log._notes) <= MAX_NOTES
    assert [each.percent for each in log.scored(50_000.0)] == [10, 25, 50]
    assert all(abs(each.p50_ms / 1000 - each.percent) < 1 for each in log.scored(50_000.0))
