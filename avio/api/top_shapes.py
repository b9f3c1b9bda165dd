"""The shapes of the request and the reply of `GET /top`. Used by web alone."""

from typing import Annotated

from pydantic import AfterValidator, Field

from avio.api.request_fields import INT_MAX, PAGE_MAX, Line, Path
from avio.api.requests import Asked
from avio.api.shapes import Reply
from avio.rules.cache_map import MAX_DEPTH
from avio.wire.top import By, Came

TopDepth = Annotated[int, Field(ge=1, le=MAX_DEPTH, description="Levels below the path, of `by=prefix`.")]
TopSize = Annotated[
    int,
    Field(ge=1, le=INT_MAX, description=f"Rows of the answer; more than {PAGE_MAX} gives {PAGE_MAX}."),
    AfterValidator(lambda size: min(size, PAGE_MAX)),
]


class TopQuery(Asked):
    """What to sum up, and by what; absent members mean the whole cache, by directories right below the root."""

    by: By = By.PREFIX
    alluxio_uri_encoded: bool = False
    alluxio_uri: Path = "/"
    depth: TopDepth = 1
    tier: Line | None = None
    page_size: TopSize = 20


class TopSums(Reply):
    """Sums over cached files. Lower bounds unless the reply `isWhole`."""

    files: int
    bytes: int
    unread_bytes: int = Field(description="Brought by a preload, and read by no program since.")
    unsure_bytes: int = Field(description="Nobody knows whether they were read since, or how they came.")
    unsaved_files: int = Field(description="By their own marks, the bucket may not have them.")
    unsaved_bytes: int
    oldest_unsaved: str | None = Field(description="When the oldest of these was last written.")


class TopRow(TopSums):
    """The sums of a directory or mount (`path`), of a user, or of a job with its name and path."""

    path: str | None
    came: Came | None
    uid: int | None
    user: str | None
    job: str | None
    name: str | None


class SurveyInfo(Reply):
    """When a tier was surveyed; `surveyTime` is null before the first time."""

    alias: str
    survey_time: str | None
    seconds: float | None
    is_whole: bool


class TopInfo(Reply):
    """Who fills the cache: the largest rows first, as the newest surveys of the tiers tell."""

    by: By
    path: str
    is_whole: bool = Field(description="False: a tier was not surveyed to its end, or not so deeply.")
    tiers: list[SurveyInfo]
    rows: list[TopRow]
    other_rows: int = Field(description="Rows that are left out.")
    others: TopSums = Field(description="The sums of these.")
    total: TopSums
