"""The shape of a plan in replies. Used by web alone."""

from typing import Literal

from pydantic import Field

from avio.api.shapes import Amount, Reply
from avio.wire.states import State


class PlannedTierInfo(Reply):
    """A tier that the job may use; `fits` if all that is to be loaded fits there.

    `reserved` bytes were promised to running jobs, `droppable` ones may be dropped with ifFull=evict at most.
    """

    alias: str
    capacity: int
    free: int
    fits: bool
    reserved: int
    droppable: int


class NoticeInfo(Reply):
    """What a person should know before the job is ordered."""

    reason: str
    message: str


class BesideInfo(Reply):
    """A job that has not ended, at, above or below the same paths."""

    id: str
    user: str
    type: Literal[1, 2, 4]
    status: State
    path: str | None = Field(description="Null for several paths and file lists: it may concern any.")


class PlanInfo(Reply):
    """What the job would do. total = inPlace + toMove + kept + filesFailed.

    `expectedSeconds`, `jobs` and `moreJobs` are those of the moment of the request.
    """

    summary: str
    total: Amount
    in_place: Amount
    to_move: Amount
    kept: Amount = Field(description="Files that stay as they are: the cache has its own version.")
    files_failed: int = Field(description="Files that the job could not move.")
    files_dirty: int
    files_in_conflict: int
    files_left_out: int
    files_excluded: int
    requests: int | None = Field(description="Requests to the store for the files, at least. Null: unknown.")
    fits: bool | None = Field(description="Null for a save, and where the room is unknown.")
    evicts: int = Field(description="Bytes of other data that would give way.")
    tiers: list[PlannedTierInfo]
    warnings: list[NoticeInfo]
    expected_seconds: float | None = Field(description="By earlier jobs of this installation. Null without any.")
    jobs: list[BesideInfo]
    more_jobs: bool
