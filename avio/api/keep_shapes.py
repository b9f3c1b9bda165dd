"""The shapes of requests and replies about keeps. Used by web alone."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict, StrictBool

from avio.api.request_fields import PageSize, Path, Ulid
from avio.api.requests import Asked, StatQuery
from avio.api.shapes import Reply
from avio.wire import moments
from avio.wire.keeps import Status

Until = Annotated[
    str,
    Strict(),
    Field(description=f"Until when: {moments.FORM}.", json_schema_extra={"pattern": moments.PATTERN}),
    AfterValidator(lambda text: moments.epoch(text) and text),
]


class KeepBody(StatQuery):
    """The path to keep in the cache, and until when; without `until` until it is ended."""

    alluxio_uri_encoded: StrictBool = False
    until: Until | None = None


class KeepsQuery(Asked):
    """Which page of the keeps; with `alluxioUri` those of all users that hold files at, above or below it."""

    alluxio_uri_encoded: bool = False
    alluxio_uri: Path | None = None
    page_size: PageSize = 100
    page_token: Ulid | None = None


class KeepInfo(Reply):
    """A keep: while it is open, what is cached at and below its path is neither freed nor evicted."""

    id: str
    path: str
    uid: int
    user: str
    status: Status = Field(
        description="starting: what drops files may not know of it yet. expired: its time is over. ended: by somebody."
    )
    until: str | None = Field(description="Null: until it is ended.")
    hold_time: str = Field(description="From then on nothing drops the files.")
    evictable: bool = Field(description="The cache may evict the files by itself, as workers of Alluxio do.")
    create_time: str
    update_time: str
    end_time: str | None
    ended_by: str | None = Field(description="Name of who ended it; null if its time is over, or if it is open.")


class KeepPage(Reply):
    """A page of keeps, newest first."""

    keeps: list[KeepInfo]
    next_page_token: str | None
