"""The shapes of the API's JSON about schedules, as a caller sees them. Type declarations only."""

from typing import TypedDict

from avio.client.shapes import Params


class Run(TypedDict):
    """A job of a schedule."""

    id: str
    status: str
    createTime: str
    finishTime: str | None


class ScheduleInfo(TypedDict):
    """A schedule; `status` is active or paused, `summary` its ticks in words."""

    id: str
    name: str
    uid: int
    type: int
    params: Params
    cron: str
    timezone: str
    missed: str
    overlap: str
    status: str
    message: str
    summary: str
    nextTime: str | None
    lastTime: str | None
    lastJob: Run | None
    createTime: str
    updateTime: str


class ScheduleDetail(ScheduleInfo):
    """A schedule that was asked for by its id, with its newest jobs, newest first."""

    jobs: list[Run]


class SchedulePage(TypedDict):
    """Some schedules, newest first."""

    schedules: list[ScheduleInfo]
    nextPageToken: str | None
