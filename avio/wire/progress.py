"""Absolute counters of a job attempt, and its errors grouped by reason.

Written by the job process, carried by events and the result file, folded into the jobs row.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

MAX_SAMPLES = 5


@dataclass(slots=True)
class Counters:
    """Files and bytes of one attempt; every figure is absolute, so replay and loss do no harm.

    `done` are files that are where they should be, `skipped` those of them that were there already;
    at the end done + failed = total. `bytes_wire` counts every byte moved, repeats included.
    """

    files_total: int = 0
    bytes_total: int = 0
    files_done: int = 0
    bytes_done: int = 0
    files_skipped: int = 0
    bytes_skipped: int = 0
    files_failed: int = 0
    bytes_failed: int = 0
    bytes_wire: int = 0


@dataclass(slots=True)
class ErrorGroup:
    """All failures with one reason: how many, whether a new job may help, and a few paths."""

    reason: str
    count: int = 0
    retryable: bool = False
    hint: str = ""
    samples: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Count one more failure of this reason, keeping the first few paths as samples."""
        self.count += 1
        if len(self.samples) < MAX_SAMPLES:
            self.samples.append(path)


@dataclass(slots=True)
class Progress:
    """How far an attempt is: the payload of a progress event and the head of a result."""

    phase: str = "listing"
    total_complete: bool = False
    counters: Counters = field(default_factory=Counters)
    speed_bps: int = 0
    errors: list[ErrorGroup] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; the inverse of `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Progress":
        """Build a Progress from `to_json` output; TypeError or KeyError where a member is off."""
        return cls(
            phase=data["phase"],
            total_complete=data["total_complete"],
            counters=Counters(**data["counters"]),
            speed_bps=data["speed_bps"],
            errors=[ErrorGroup(**group) for group in data["errors"]],
        )
