"""Estimates when a job ends: what is left to move, then what is left to verify. p50 and p90, or None without ground.

Runs in the job process. Pure: the caller tells the time. Standard library only.
"""

import math
from dataclasses import dataclass

from avio.executor.eta.cost_model import Cost, fit
from avio.executor.eta.priors import PER_BYTE, PER_FILE, Priors
from avio.executor.eta.verify_cost import VerifyCost
from avio.executor.eta.window import Window
from avio.wire.timings import Eta

P90 = 1.2816  # standard deviations of a normal distribution
MODEL_ERROR = 0.08  # of every forecast: files to come are never quite as those before
MAX_ERROR = 0.45  # of a forecast that is worth telling
MAX_SECONDS = 10 * 366 * 86_400.0  # the same: a sum of sparse files may be so large that no calendar has its end

# The ground that a forecast needs: seconds of transfer and a share of the work. Earlier jobs stand for most of it.
GROUND_SECONDS, GROUND_SHARE = 3.0, 0.02
KNOWN_SECONDS, KNOWN_SHARE, KNOWN_JOBS = 1.0, 0.005, 3

# Silence that makes a transfer stalled: so long, and so many times the longest silence before.
STALL_SECONDS, STALL_TIMES = 15.0, 4.0


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a job: what has to be moved, and what of it is moved. Files that stay as they are count in none.

    `verified` of `to_verify` files are verified; None before the verification. `bandwidth` is in bytes per second.
    """

    complete: bool
    files: int
    bytes: int
    files_done: int
    bytes_done: int
    to_verify: int = 0
    verified: int | None = None
    bandwidth: int | None = None

    @property
    def left(self) -> tuple[int, int]:
        """Files and bytes that are left to move, never below 0."""
        return max(0, self.files - self.files_done), max(0, self.bytes - self.bytes_done)

    @property
    def share(self) -> float:
        """The share of the work that is done, from 0 to 1: the mean of the shares of files and bytes."""
        shares = [
            min(1.0, done / total)
            for done, total in ((self.files_done, self.files), (self.bytes_done, self.bytes))
            if total > 0
        ]
        return sum(shares) / len(shares) if shares else 1.0


class Estimator:
    """Estimates for one attempt. `look` is called again and again, with moments that rise."""

    def __init__(self, priors: Priors) -> None:
        self._priors = priors
        self._window = Window()
        self._cost: Cost | None = None
        self._verify = VerifyCost(priors)

    @property
    def began(self) -> float | None:
        """When the transfer began to move something, None before."""
        return self._window.began

    def look(self, now: float, work: Work) -> Eta | None:
        """Record how far the work is at the moment `now`, in seconds of any clock, and return what is left.

        None while the listing goes on, without ground, and while nothing moves for long.
        """
        if work.verified is not None:
            left = self._verify.left(now, work.verified, work.to_verify)
            return _eta(left, 0.5 * left) if work.complete else None
        self._window.add(now, work.files_done, work.bytes_done, listing=not work.complete)
        if not work.complete:
            return None
        files, size = work.left
        verify = self._verify.before(work.to_verify)
        if not files and not size:
            return _eta(verify, 0.5 * verify)
        if not self._has_ground(work.share) or self._has_stalled():
            return None
        self._cost = fit(self._window.samples(), PER_FILE, PER_BYTE, self._priors.transfers, self._cost)
        expected = self._cost.seconds(files, size) * self._window.pace(self._cost)
        error = self._error(math.sqrt(self._cost.variance(files, size)) / self._cost.seconds(files, size))
        if error > MAX_ERROR:
            return None
        if work.bandwidth:
            expected = max(expected, size / work.bandwidth)
        if expected + verify > MAX_SECONDS:
            return None
        return _eta(expected + verify, math.hypot(error * expected, 0.5 * verify))

    def _has_ground(self, share: float) -> bool:
        seconds = self._window.seconds
        if len(self._priors.transfers) >= KNOWN_JOBS:
            return seconds >= KNOWN_SECONDS and share >= KNOWN_SHARE
        return seconds >= GROUND_SECONDS and share >= GROUND_SHARE

    def _has_stalled(self) -> bool:
        return self._window.silence > max(STALL_SECONDS, STALL_TIMES * self._window.longest_gap)

    def _error(self, of_model: float) -> float:
        """Return the relative standard deviation of a forecast: by the model, and by how wrong earlier ones were."""
        of_model = math.hypot(of_model, MODEL_ERROR)
        past = self._priors
        blended = (3 * of_model**2 + past.forecasts * past.error**2) / (3 + past.forecasts)
        return max(of_model * 0.7, math.sqrt(blended))


def _eta(expected: float, deviation: float) -> Eta:
    """Return the estimate for a lognormal time around `expected` seconds."""
    expected = max(0.0, expected)
    late = expected * math.exp(P90 * deviation / expected) if expected > 0 else 0.0
    return Eta(round(expected * 1000), round(late * 1000))
