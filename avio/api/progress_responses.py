"""The shapes of a job's progress in replies and events. Run by web alone."""

from typing import Any

from pydantic import Field, create_model

from avio.api.shapes import Amount, Reply
from avio.rules.counters import ALONE, AMOUNTS
from avio.wire.states import Phase
from avio.wire.waiting import Why


class Total(Amount):
    """All files of the job. Final when the listing is `complete`."""

    complete: bool


def _counted() -> type[Reply]:
    """Return the shape of `avio.rules.counters.counted`."""
    shapes: dict[str, Any] = {**dict.fromkeys(AMOUNTS, Amount), **dict.fromkeys(ALONE, int)}
    return create_model("Counted", __base__=Reply, **shapes)


class ProgressInfo(_counted()):  # type: ignore[misc]
    """Absolute numbers. `done` includes `skipped` and `shared`; at the end done + kept + failed = total.

    A check counts equal files as `done`: at the end done + different + onlyInBucket + onlyInCache + failed = total.
    """

    total: Total
    speed_bps: int
    average_bps: int = Field(description="Bytes per second over the whole attempt.")
    in_flight: int = Field(
        description="Files that the attempt has taken and not done, but those that another job moves. Some wait."
    )
    bytes_in_flight: int = Field(description="Bytes of these files that have come so far. `done` does not have them.")
    percent: float | None = Field(
        description="By bytes, those in flight too. Below 100 until all is verified. Null until the total is complete."
    )


class ErrorInfo(Reply):
    """All failures of one reason."""

    reason: str
    count: int
    retryable: bool
    hint: str
    samples: list[str]


class EtaInfo(Reply):
    """When a job ends: as likely before `p50` as after, and before `p90` in nine of ten cases."""

    p50: str
    p90: str


class PhaseInfo(Reply):
    """A phase of the newest attempt: when it began, by the node's clock, and how many seconds it took so far."""

    phase: Phase
    start_time: str
    seconds: float


class WaitingInfo(Reply):
    """What a job waits for. `position` counts queued jobs from 1, in the order in which nodes claim; null: not due."""

    reason: Why
    for_: str | None = Field(alias="for", description="The job, limit, users with the slots, time or store.")
    since: str
    position: int | None


class ProgressEventInfo(Reply):
    """The data of a `progress` event."""

    phase: Phase | None
    progress: ProgressInfo
    errors: list[ErrorInfo]
    eta: EtaInfo | None
    phases: list[PhaseInfo]
    waiting: WaitingInfo | None
