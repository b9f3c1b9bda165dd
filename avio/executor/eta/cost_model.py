"""Fits seconds to two counts, such as files and bytes: a rate of each, never below 0, and how sure they are.

Runs in the job process. Pure. Standard library only.
"""

# The seconds of a sample are taken as a Poisson variable around `rates · counts`, and each rate has a gamma prior. The
# fit is the EM iteration of that model. So the rates account for all the seconds of the samples together, which least
# squares do not where counts come in bursts.

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

ROUNDS = 20  # of the iteration, which goes on from the last fit
# The spread of the seconds of a sample around the model, before the samples tell it; worth so many of them.
SPREAD_SECONDS = 0.1
SPREAD_SAMPLES = 3.0


class Sample(NamedTuple):
    """Counts of two kinds, the seconds that they took together, and how much the sample matters."""

    first: float
    second: float
    seconds: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known of a rate before the first sample: `seconds` per unit, and its relative standard deviation."""

    seconds: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds per unit of each kind, their covariance, and the spread of the seconds of a sample around the model."""

    first: float
    second: float
    covariance: tuple[float, float, float]  # of (first, first), (first, second), (second, second)
    spread: float

    def seconds(self, first: float, second: float) -> float:
        """Return the expected seconds for so many units."""
        return self.first * first + self.second * second

    def variance(self, first: float, second: float) -> float:
        """Return the variance of `seconds`: of the rates, and of the work itself."""
        a, b, c = self.covariance
        rates = a * first * first + 2 * b * first * second + c * second * second
        return max(0.0, rates) + self.spread * self.seconds(first, second)


def fit(
    samples: Sequence[Sample], first: Rate, second: Rate, past: Sequence[Sample] = (), before: Cost | None = None
) -> Cost:
    """Return the cost that explains `samples`, and `past` ones of other jobs, near the rates that were known.

    It goes on from the fit `before`. The spread is that of `samples` alone.
    """
    samples = [each for each in samples if each.first > 0 or each.second > 0]
    known = [*past, *samples]
    a, b = (first.seconds, second.seconds) if before is None else (before.first, before.second)
    spread = SPREAD_SECONDS if before is None else before.spread
    for _ in range(3 if before is None else 1):  # the strength of the priors, in seconds, depends on the spread
        a, b = _rates(known, first, second, (a, b), spread)
        spread = _spread(samples, a, b)
    return Cost(a, b, _covariance(known, first, second, (a, b), spread), spread)


def _rates(
    samples: Sequence[Sample], first: Rate, second: Rate, begin: tuple[float, float], spread: float
) -> tuple[float, float]:
    """Return the most likely rates, going on from `begin`."""
    a, b = begin
    # A gamma prior of this shape is worth so many seconds of samples.
    worth_a, worth_b = spread / first.deviation**2, spread / second.deviation**2
    units_a = worth_a / first.seconds + sum(each.weight * each.first for each in samples)
    units_b = worth_b / second.seconds + sum(each.weight * each.second for each in samples)
    for _ in range(ROUNDS):
        seconds_a, seconds_b = worth_a, worth_b
        for x, y, seconds, weight in samples:
            of_a, of_b = a * x, b * y
            if of_a + of_b > 0:
                share = weight * seconds / (of_a + of_b)
                seconds_a += share * of_a
                seconds_b += share * of_b
        a, b = seconds_a / units_a, seconds_b / units_b
    return a, b


def _spread(samples: Sequence[Sample], a: float, b: float) -> float:
    """Return the variance of the seconds of a sample, divided by its expected seconds.

    From the mean deviation: one long silence must not outweigh all other samples, as it does in a mean of squares.
    """
    weights = sum(each.weight for each in samples)
    deviations = sum(
        weight * abs(seconds - expected) / math.sqrt(expected)
        for x, y, seconds, weight in samples
        if (expected := a * x + b * y) > 0
    )
    free = max(0.0, weights - 2)  # two rates were fitted to them
    mean = (deviations + SPREAD_SAMPLES * math.sqrt(SPREAD_SECONDS * 2 / math.pi)) / (free + SPREAD_SAMPLES)
    return mean * mean * math.pi / 2


def _covariance(
    samples: Sequence[Sample], first: Rate, second: Rate, rates: tuple[float, float], spread: float
) -> tuple[float, float, float]:
    """Return the inverse of the information that samples and priors have."""
    a, b = rates
    aa = 1 / (first.seconds * first.deviation) ** 2
    bb = 1 / (second.seconds * second.deviation) ** 2
    ab = 0.0
    for x, y, _, weight in samples:
        expected = a * x + b * y
        if expected > 0:
            known = weight / (spread * expected)
            aa, ab, bb = aa + known * x * x, ab + known * x * y, bb + known * y * y
    determinant = aa * bb - ab * ab
    if determinant <= 0 or not math.isfinite(determinant):
        return first.seconds**2, 0.0, second.seconds**2
    return bb / determinant, -ab / determinant, aa / determinant
