"""What the timings of earlier jobs tell about a new one: rates to begin with, and how wrong forecasts were.

Runs in the job process. Pure. Standard library only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from avio.executor.eta.cost_model import Rate, Sample
from avio.wire.timings import RESOLUTION_MS, Forecast, Timing

# Before the first job: only the order of magnitude is known.
PER_FILE = Rate(0.002, 5.0)
PER_BYTE = Rate(1e-8, 5.0)
PER_CHECK = Rate(0.1, 20.0)  # of all files, once
PER_CHECKED_FILE = Rate(5e-5, 20.0)

# What all earlier jobs together are worth, in seconds of this one: the store of today may be another.
PAST_SECONDS = 6.0
FADE = 0.9  # of the weight of a job, from one to the job before it
LEAST_SECONDS = 0.5  # of a job that tells something
MAX_ERROR = math.log(10)  # of one forecast: a job that hung must not widen all later ones


@dataclass(frozen=True, slots=True)
class Priors:
    """Samples of earlier jobs: files and bytes moved; verifications and files verified.

    `error` is the root mean square of ln(actual / p50) of `forecasts` forecasts; of short times nearer to 0.
    """

    transfers: tuple[Sample, ...] = ()
    checks: tuple[Sample, ...] = ()
    error: float = 0.0
    forecasts: int = 0


def priors_of(past: Sequence[Timing]) -> Priors:
    """Return what `past` tells, newest first."""
    moved = [(job.files, job.bytes, job.transfer_ms) for job in past if not job.limited]
    checked = [(1, job.verified, job.verify_ms) for job in past if job.verified]
    errors = [_error(each) for job in past for each in job.forecasts if each.tells]
    error = math.sqrt(sum(each * each for each in errors) / len(errors)) if errors else 0.0
    return Priors(_samples(moved, LEAST_SECONDS), _samples(checked, 0.0), error, len(errors))


def _error(forecast: Forecast) -> float:
    """Return ln(actual / p50), with a second added to both: half a second instead of 0 is a small error."""
    ratio = (forecast.actual_ms + RESOLUTION_MS) / (forecast.p50_ms + RESOLUTION_MS)
    return max(-MAX_ERROR, min(MAX_ERROR, math.log(ratio)))


def _samples(work: Sequence[tuple[int, int, int]], least: float) -> tuple[Sample, ...]:
    """Return jobs, each with two counts and milliseconds, as samples of a second each: however long they took."""
    telling = [each for each in work if (each[0] or each[1]) and each[2] > least * 1000]
    weights = [FADE**place for place in range(len(telling))]
    return tuple(
        Sample(x * 1000 / ms, y * 1000 / ms, 1.0, PAST_SECONDS * weight / sum(weights))
        for (x, y, ms), weight in zip(telling, weights, strict=True)
    )
