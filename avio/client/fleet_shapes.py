"""The shapes of nodes, mounts and what fills the cache, as a caller sees them; otherwise as `avio.client.shapes`."""

from typing import TypedDict


class RunningJob(TypedDict):
    """A job that a node has; None as `path`: it names several, or a file list."""

    id: str
    name: str
    uid: int
    type: int
    status: str
    path: str | None
    node: str


class NodeInfo(TypedDict):
    """A worker node; `leaseSeconds` are left of its lease."""

    name: str
    state: str
    slots: int
    busy: int
    startTime: str
    seenTime: str
    leaseSeconds: float
    jobs: list[RunningJob]


class NodeList(TypedDict):
    """All worker nodes, by name."""

    nodes: list[NodeInfo]


class MountInfo(TypedDict):
    """A mount: what it is, whether its store answers, and what runs there."""

    path: str
    kind: str
    url: str | None
    state: str
    reason: str | None
    message: str
    running: int
    jobs: list[RunningJob]


class MountList(TypedDict):
    """All mounts, by path."""

    mounts: list[MountInfo]


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
