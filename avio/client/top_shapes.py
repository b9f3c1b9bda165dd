"""The shapes of the API's JSON about who fills the cache, as a caller sees them. Type declarations only."""

from typing import TypedDict


class TopSums(TypedDict):
    """Sums over cached files."""

    files: int
    bytes: int
    unreadBytes: int
    unsureBytes: int
    unsavedFiles: int
    unsavedBytes: int
    oldestUnsaved: str | None


class TopRow(TopSums):
    """The sums of a directory or mount, a user, or a job."""

    path: str | None
    came: str | None
    uid: int | None
    user: str | None
    job: str | None
    name: str | None


class SurveyInfo(TypedDict):
    """When a tier was surveyed."""

    alias: str
    surveyTime: str | None
    seconds: float | None
    isWhole: bool


class TopInfo(TypedDict):
    """The largest rows first."""

    by: str
    path: str
    isWhole: bool
    tiers: list[SurveyInfo]
    rows: list[TopRow]
    otherRows: int
    others: TopSums
    total: TopSums
