"""How right forecasts were: only those count that tell something."""

from avio.db.timings import JobTiming
from avio.rules.timings import _accuracy
from avio.wire.timings import Forecast, Timing


def job(*forecasts: Forecast) -> JobTiming:
    return JobTiming(1, "/data", 0.0, Timing(1, 1, 10, forecasts=list(forecasts)))


def test_what_took_a_moment_as_expected_is_no_forecast_that_was_wrong() -> None:
    jobs = [job(Forecast(50, 0, 0, 8))] * 19 + [job(Forecast(50, 10_000, 12_000, 10_000))]

    told = _accuracy("preload", "small", 50, jobs)

    assert (told.jobs, told.forecasts, told.close, told.error, told.covered) == (20, 1, 1.0, 0.0, 1.0)


def test_a_moment_where_much_more_was_expected_was_wrong() -> None:
    told = _accuracy("preload", "small", 50, [job(Forecast(50, 10_000, 12_000, 5))])

    assert (told.forecasts, told.close) == (1, 0.0)
