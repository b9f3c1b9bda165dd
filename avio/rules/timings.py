"""The rules of reading how right the forecasts of jobs were. Used by admin."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from avio.db import timings
from avio.db.connection import borrow
from avio.db.timings import JobTiming
from avio.rules.callers import Caller, Right
from avio.wire.states import JobType
from avio.wire.timings import MARKS

CLOSE = 0.2  # of the actual time

# Shapes of jobs by their average file, in bytes.
SHAPES = (("small", 1 << 20), ("medium", 64 << 20))
LARGEST = "large"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How right the forecasts of `jobs` jobs of one type and shape were, after `percent` of their time.

    `jobs` counts all; `forecasts` those that had a forecast that tells something. `close` is the share of these whose
    p50 was within ± 20 % of the actual time, `error` the median of p50 / actual - 1, `covered` the share that ended
    within p90. They are None without a forecast.
    """

    type: str
    shape: str
    percent: int
    jobs: int
    forecasts: int
    close: float | None
    error: float | None
    covered: float | None


def accuracy(caller: Caller, limit: int) -> list[Accuracy]:
    """Return the accuracy of the newest `limit` jobs of each type, by shape. Raise Forbidden unless it is an admin."""
    caller.require(Right.ADMINISTER)
    with borrow():
        found = [each for type_ in JobType for each in timings.newest(type_, limit)]
    groups: dict[tuple[int, str], list[JobTiming]] = defaultdict(list)
    for each in found:
        groups[each.type, shape(each)].append(each)
    order = [name for name, _ in SHAPES] + [LARGEST]
    return [
        _accuracy(JobType(type_).name.lower(), name, percent, groups[type_, name])
        for type_, name in sorted(groups, key=lambda key: (key[0], order.index(key[1])))
        for percent in MARKS
    ]


def shape(job: JobTiming) -> str:
    """Return the shape of a job."""
    average = job.timing.bytes / max(1, job.timing.files)
    return next((name for name, below in SHAPES if average < below), LARGEST)


def _accuracy(type_: str, name: str, percent: int, jobs: Sequence[JobTiming]) -> Accuracy:
    made = [each for job in jobs for each in job.timing.forecasts if each.percent == percent and each.tells]
    errors = [each.p50_ms / max(1, each.actual_ms) - 1 for each in made]
    covered = [each.actual_ms <= each.p90_ms for each in made]
    return Accuracy(
        type_,
        name,
        percent,
        len(jobs),
        len(made),
        sum(abs(error) <= CLOSE for error in errors) / len(errors) if errors else None,
        median(errors) if errors else None,
        sum(covered) / len(covered) if covered else None,
    )
