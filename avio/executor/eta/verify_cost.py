"""How long the verification takes: a wait, and a time for each file. Known from earlier jobs, corrected while it runs.

Runs in the job process. Pure. Standard library only.
"""

from avio.executor.eta.cost_model import fit
from avio.executor.eta.priors import PER_CHECK, PER_CHECKED_FILE, Priors

TRUST_SECONDS = 2.0  # of the live verification, which outweigh what earlier jobs took


class VerifyCost:
    """The verification of one attempt."""

    def __init__(self, priors: Priors) -> None:
        cost = fit((), PER_CHECK, PER_CHECKED_FILE, priors.checks)
        self._wait, self._per_file = cost.first, cost.second
        self._began: float | None = None

    def before(self, files: int) -> float:
        """Return the seconds that the whole verification of `files` takes."""
        return self._wait + self._per_file * files

    def left(self, now: float, verified: int, files: int) -> float:
        """Return the seconds that are left at the moment `now`; after the first file the wait is over."""
        self._began = now if self._began is None else self._began
        took = now - self._began
        if not verified:
            return max(self._wait - took, took / 2) + self._per_file * files
        per_file = (TRUST_SECONDS + took) / (TRUST_SECONDS / self._per_file + verified)
        return per_file * max(0, files - verified)
