"""The shapes of the API's JSON as a caller sees them. Absent values are None; a newer server may add members.

Type declarations only: nothing is checked or converted at run time.
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, final

from avio.client.amounts import Amount
from avio.client.plan_shapes import Plan

# The params of a job by their names in JSON: `avio.wire.params` declares them, docs/api.md lists them.
Params = Mapping[str, Any]


class Begin(TypedDict, total=False):
    """When a new job may begin: not before the RFC 3339 time `at`; after jobs, by id or id with `:succeeded`."""

    at: str
    after: list[str]


AT_ONCE: Begin = {}


class Login(TypedDict):
    """A token, and the RFC 3339 time at which it expires."""

    authToken: str
    expireTime: str
    uid: int
    name: str
    admin: bool


class Whoami(TypedDict):
    """Whose token it is."""

    uid: int
    name: str
    admin: bool
    expireTime: str


class EntryInfo(TypedDict):
    """A file or directory; sizes in bytes, None where they were not counted."""

    path: str
    pathBytes: str | None
    name: str
    kind: str
    size: int | None
    modified: str | None
    state: str
    cachedBytes: int | None
    cachedPercent: float | None
    tiers: dict[str, int]
    saved: bool | None
    files: int | None
    filesCached: int | None
    leftOut: NotRequired[int]
    localPath: NotRequired[str | None]


class WaitInfo(TypedDict):
    """How a path stood at the last look; `unmet` are the terms that are not met. None as `entry`: unknown."""

    path: str
    until: str
    met: bool
    unmet: list[str]
    lookTime: str | None
    entry: EntryInfo | None


class RefusedMount(TypedDict):
    """A mount that can't be listed, and why."""

    path: str
    reason: str
    message: str


class ListPage(TypedDict):
    """Some entries below `path`; None as nextPageToken ends the list."""

    path: str
    entries: list[EntryInfo]
    leftOut: NotRequired[int]
    unanswered: NotRequired[list[str]]
    refused: NotRequired[list[RefusedMount]]
    nextPageToken: str | None


@final
class Freed(TypedDict):
    """What was dropped from the cache: files, their cached bytes, and how many had been deleted in the bucket.

    An older server does not tell the last one.
    """

    path: str
    files: int
    bytes: int
    gone: NotRequired[int]


class Tier(TypedDict):
    """One tier, of one worker where there are several; bytes."""

    alias: str
    worker: str | None
    capacity: int
    used: int
    reserved: NotRequired[int]  # a server of the version before has none
    free: int


class TierList(TypedDict):
    """All tiers, best first."""

    tiers: list[Tier]


class Progress(TypedDict):
    """Absolute counters; speed in bytes per second; percent by bytes, None until the total is complete."""

    total: Amount
    done: Amount
    skipped: Amount
    shared: NotRequired[Amount]
    kept: Amount
    failed: Amount
    bytesWire: int
    filesLeftOut: NotRequired[int]
    filesRepaired: NotRequired[int]
    different: NotRequired[Amount]
    onlyInBucket: NotRequired[Amount]
    onlyInCache: NotRequired[Amount]
    speedBps: int
    averageBps: NotRequired[int]
    inFlight: NotRequired[int]
    bytesInFlight: NotRequired[int]
    percent: float | None


class Eta(TypedDict):
    """When a job ends, as RFC 3339: as likely before p50 as after, and before p90 in nine of ten cases."""

    p50: str
    p90: str


class PhaseTime(TypedDict):
    """A phase of the newest attempt, and its seconds so far."""

    phase: str
    startTime: str
    seconds: float


class ErrorGroup(TypedDict):
    """All failures of a job with one reason, and a few of their paths."""

    reason: str
    count: int
    retryable: bool
    hint: str
    samples: list[str]


class Mover(TypedDict):
    """What one mover process has done: files moved, bytes on the wire, milliseconds of processor time."""

    files: int
    bytes: int
    cpuMs: int


class Attempt(TypedDict):
    """One run of a job on a node."""

    attempt: int
    node: str
    startTime: str
    endTime: str | None
    outcome: str | None
    movers: list[Mover] | None


# `for` is no name in Python.
Waiting = TypedDict("Waiting", {"reason": str, "for": str | None, "since": str, "position": int | None})


class JobInfo(TypedDict):
    """A job as it stands; `status` is a word of `avio.wire.states.State`, times are RFC 3339."""

    id: str
    name: str
    uid: int
    type: int
    params: Params
    status: str
    reason: str | None
    message: str
    createTime: str
    startTime: str | None
    updateTime: str | None
    finishTime: str | None
    waiting: NotRequired[Waiting | None]
    attempt: int
    phase: str | None
    progress: Progress
    eta: NotRequired[Eta | None]
    phases: NotRequired[list[PhaseTime]]
    queueSeconds: NotRequired[float | None]
    errors: list[ErrorGroup]
    bandwidth: NotRequired[int | None]
    concurrency: NotRequired[int | None]
    priority: NotRequired[int]
    labels: NotRequired[dict[str, str]]
    verified: Amount | None
    localPath: NotRequired[str | None]
    node: str | None
    version: int
    retryOf: str | None
    scheduleId: NotRequired[str | None]
    at: NotRequired[str | None]
    after: NotRequired[list[str]]
    links: dict[str, str | None]


class JobDetail(JobInfo):
    """A job that was asked for by its id, with its newest attempts, newest first, and the plan that it has made."""

    attempts: NotRequired[list[Attempt]]
    plan: NotRequired[Plan | None]


class JobPage(TypedDict):
    """Some jobs, newest first."""

    jobs: list[JobInfo]
    users: NotRequired[dict[str, str]]
    nextPageToken: str | None


class ReportLine(TypedDict):
    """The outcome of one file. `outcome` is a word of `avio.wire.results.Outcome`."""

    path: str
    pathBytes: NotRequired[str]
    outcome: str
    bytes: int | None
    tier: str | None
    reason: str | None
    message: str | None
    tries: int | None


class Failure(TypedDict):
    """A file that is not where it should be, as the newest attempt tells."""

    path: str
    reason: str
    message: str
    tries: int
    attempt: int


class FailurePage(TypedDict):
    """Some failed files, by path."""

    failures: list[Failure]
    nextPageToken: str | None


class FileList(TypedDict):
    """An uploaded file list, to be named in params.fileListId."""

    fileListId: str
    lines: int
    bytes: int
    complete: bool
    createTime: str


class FileListPage(TypedDict):
    """Some file lists, newest first."""

    fileLists: list[FileList]
    nextPageToken: str | None
