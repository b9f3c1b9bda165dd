"""The shapes of the API's JSON about keeps, as a caller sees them. Type declarations only."""

from typing import TypedDict


class KeepInfo(TypedDict):
    """A keep; `status` is starting, active, expired or ended."""

    id: str
    path: str
    uid: int
    user: str
    status: str
    until: str | None
    holdTime: str
    evictable: bool
    createTime: str
    updateTime: str
    endTime: str | None
    endedBy: str | None


class KeepPage(TypedDict):
    """Some keeps, newest first."""

    keeps: list[KeepInfo]
    nextPageToken: str | None
