"""How long the work of a job takes: what is expected while it runs, and what is kept of it for later jobs.

Written by the job process. Events carry `Eta` and `PhaseTime`, the result and later orders a `Timing`. Standard library
only.
"""

from dataclasses import dataclass, field
from typing import Any

# The shares of the work, in percent, at which a job notes what it expects.
MARKS = (10, 25, 50)
MAX_PHASES = 20
RESOLUTION_MS = 1000  # of a forecast: people read seconds
MAX_PAST = 20  # timings of earlier jobs in an order


@dataclass(frozen=True, slots=True)
class Eta:
    """Milliseconds from now to the end: half of such jobs end within `p50_ms`, nine of ten within `p90_ms`."""

    p50_ms: int
    p90_ms: int


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """A phase of an attempt: when it began, in milliseconds since the epoch by the node's clock, and how long it took.

    Of the phase that goes on, `ms` is the time so far.
    """

    phase: str
    started_ms: int
    ms: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a job expected when `percent` of its work was done, and how long the rest took."""

    percent: int
    p50_ms: int
    p90_ms: int
    actual_ms: int

    @property
    def tells(self) -> bool:
        """Return True if it tells how right forecasts are: what took a moment, as expected, does not."""
        return max(self.p50_ms, self.actual_ms) >= RESOLUTION_MS


@dataclass(frozen=True, slots=True)
class Timing:
    """What an attempt moved and verified, in which time, and what it forecast.

    `limited`: a limit of bandwidth or concurrency held it back, so its speed says nothing about jobs without one.
    """

    files: int
    bytes: int
    transfer_ms: int
    verified: int = 0
    verify_ms: int = 0
    limited: bool = False
    forecasts: list[Forecast] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Timing":
        """Build a Timing from the dictionary of one. Raise TypeError or KeyError if a member is wrong."""
        return cls(**{**data, "forecasts": [Forecast(**each) for each in data["forecasts"]]})
