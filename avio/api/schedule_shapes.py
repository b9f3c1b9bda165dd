"""The shapes of requests and replies about schedules. Used by web alone, and by the tests."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool

from avio.api.job_types import Whole
from avio.api.request_fields import Line
from avio.api.requests import Asked, JobParams
from avio.api.shapes import Reply
from avio.wire.schedules import MAX_CRON, MAX_TIMEZONE, TYPES, Missed, Overlap
from avio.wire.states import State

CronText = Annotated[
    str,
    Field(
        min_length=1, max_length=MAX_CRON, description="Minute, hour, day of month, month, day of week: `0 2 * * *`."
    ),
]
ZoneText = Annotated[
    str, Field(min_length=1, max_length=MAX_TIMEZONE, description="A time zone of the IANA list: `Asia/Shanghai`.")
]
MISSED = "Ticks that no aggregator handled within 5 minutes: one job for all of them, or none."
OVERLAP = "A tick while a job of the schedule has not ended: no job, or one that begins when that one has ended."
_TYPES = ", ".join(f"{int(each)} {each.name.lower()}" for each in TYPES)


def _scheduled(given: int) -> int:
    if given not in TYPES:
        raise ValueError(f"must be one of {_TYPES}")
    return given


ScheduledType = Annotated[
    int,
    Field(strict=True, description=_TYPES, json_schema_extra={"enum": [int(each) for each in TYPES]}),
    AfterValidator(_scheduled),
    Whole,
]


class ScheduleBody(Asked):
    """A schedule: what its jobs do, and when."""

    name: Line | None = None
    type: ScheduledType
    params: JobParams
    cron: CronText
    timezone: ZoneText = "UTC"
    missed: Missed = Field(Missed.ONCE, description=MISSED)
    overlap: Overlap = Field(Overlap.SKIP, description=OVERLAP)


class ScheduleChange(Asked):
    """What to change of a schedule. An absent member stays as it is; null takes the name away."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # Factories: the description shows no default, since an absent member changes nothing.
    name: Line | None = None
    cron: CronText = Field(default_factory=str)
    timezone: ZoneText = Field(default_factory=str)
    missed: Missed = Field(default_factory=lambda: Missed.ONCE, description=MISSED)
    overlap: Overlap = Field(default_factory=lambda: Overlap.SKIP, description=OVERLAP)
    paused: StrictBool = Field(
        default_factory=bool, description="true pauses it; false resumes it with the first tick from now."
    )

    def given(self) -> dict[str, Any]:
        """Return the members that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class RunInfo(Reply):
    """A job of a schedule."""

    id: str
    status: State
    create_time: str
    finish_time: str | None


class ScheduleInfo(Reply):
    """A schedule, and the newest job of it."""

    id: str
    name: str
    uid: int
    type: int
    params: dict[str, Any]
    cron: str
    timezone: str
    missed: Missed
    overlap: Overlap
    status: Literal["active", "paused"]
    message: str = Field(description="Why it is paused, or why its newest tick made no job; empty otherwise.")
    summary: str = Field(description="Its ticks in words, and the next one by the clock of its zone.")
    next_time: str | None = Field(description="Its next tick. Null while it is paused.")
    last_time: str | None = Field(description="When its newest tick was handled.")
    last_job: RunInfo | None
    create_time: str
    update_time: str


class ScheduleDetail(ScheduleInfo):
    """A schedule with its newest jobs, newest first."""

    jobs: list[RunInfo]


class SchedulePage(Reply):
    """A page of schedules, newest first."""

    schedules: list[ScheduleInfo]
    next_page_token: str | None
