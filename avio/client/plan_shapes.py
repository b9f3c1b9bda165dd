"""The parts of a plan in replies, as `avio.client.shapes` has them for jobs."""

from typing import NotRequired, TypedDict

from avio.client.amounts import Amount


class PlannedTier(TypedDict):
    """A tier that the job of a plan may use."""

    alias: str
    capacity: int
    free: int
    fits: bool
    reserved: NotRequired[int]  # a server of the version before has neither
    droppable: NotRequired[int]


class Notice(TypedDict):
    """What a person should know of a plan."""

    reason: str
    message: str


class BesideJob(TypedDict):
    """A job that has not ended, at the paths of a plan; `path` is None if it has several."""

    id: str
    user: str
    type: int
    status: str
    path: str | None


class PlanLine(TypedDict):
    """What a plan says of one file. `action` is a word of `avio.wire.plans.Action`."""

    path: str
    pathBytes: NotRequired[str]
    size: int
    version: str | None
    state: str
    action: str
    message: NotRequired[str]


class Plan(TypedDict):
    """What a job would do; `expectedSeconds` is None without earlier jobs."""

    summary: str
    total: Amount
    inPlace: Amount
    toMove: Amount
    kept: Amount
    filesFailed: int
    filesDirty: int
    filesInConflict: int
    filesLeftOut: int
    filesExcluded: int
    requests: int | None
    fits: bool | None
    evicts: int
    tiers: list[PlannedTier]
    warnings: list[Notice]
    expectedSeconds: float | None
    jobs: list[BesideJob]
    moreJobs: bool
