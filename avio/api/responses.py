"""The shapes of replies, each declared once: for /openapi.json, and for the tests, which check every reply.

Serving does not validate replies; `avio.api.serializers` builds them as plain dictionaries.
"""

from typing import Any, Literal

from pydantic import Field

from avio.api.plan_shapes import PlanInfo
from avio.api.progress_responses import ErrorInfo, EtaInfo, PhaseInfo, ProgressInfo, WaitingInfo
from avio.api.shapes import Amount, Reply
from avio.wire.states import Phase, State


class Whoami(Reply):
    """The user of the token, and the time when it expires."""

    uid: int
    name: str
    admin: bool
    expire_time: str


class LoginInfo(Whoami):
    """The answer to a login."""

    auth_token: str


class EntryInfo(Reply):
    """A file or directory. A number that was not counted is null."""

    path: str
    path_bytes: str | None = Field(description="The path in base64, if it is not UTF-8 and `path` its percent form.")
    name: str
    kind: Literal["file", "directory"]
    size: int | None
    modified: str | None
    state: Literal["remote", "partial", "cached", "stale", "gone", "dirty", "conflict", "unknown"]
    cached_bytes: int | None
    cached_percent: float | None
    tiers: dict[str, int] = Field(description="Cached bytes by alias of the tier.")
    saved: bool | None
    files: int | None
    files_cached: int | None
    left_out: int = Field(description="What avio can't handle below a directory: symlinks, special files and others.")
    local_path: str | None = Field(description="Where a program on the node reads it, if all of it is in one place.")


class RefusedMount(Reply):
    """A mount that can't be listed, and why."""

    path: str
    reason: str
    message: str


class EntryPage(Reply):
    """A page of entries."""

    path: str
    entries: list[EntryInfo]
    left_out: int = Field(description="What avio can't list on this page: symlinks, special files and others.")
    unanswered: list[str] = Field(description="Mounts below the path that do not answer. Their files are missing.")
    refused: list[RefusedMount] = Field(description="Mounts below the path that refuse. Files of them are missing.")
    next_page_token: str | None


class FreedInfo(Reply):
    """The files that were dropped from the cache."""

    path: str
    files: int
    bytes: int
    gone: int = Field(description="Those of them that had been deleted in the bucket.")


class TierInfo(Reply):
    """One tier, of one worker where there are several: capacity, used, reserved and free bytes."""

    alias: str
    worker: str | None
    capacity: int
    used: int
    reserved: int
    free: int


class TierList(Reply):
    """All tiers, best first."""

    tiers: list[TierInfo]


class JobLinks(Reply):
    """Links to the parts of the job. Null while a part does not exist, or when it no longer applies."""

    self_: str = Field(alias="self")
    events: str
    cancel: str | None
    retry: str | None
    report: str
    result: str | None
    log: str


class JobInfo(Reply):
    """A job: its spec, its state and its outcome."""

    id: str
    name: str
    uid: int
    type: Literal[0, 1, 2, 3, 4, 5, 6]
    params: dict[str, Any]
    status: State
    reason: str | None
    message: str
    create_time: str
    start_time: str | None
    update_time: str
    finish_time: str | None
    waiting: WaitingInfo | None = Field(description="Why it has not begun, or goes on only later.")
    attempt: int
    phase: Phase | None
    progress: ProgressInfo
    eta: EtaInfo | None = Field(description="Null until the listing is complete and there is ground.")
    phases: list[PhaseInfo]
    queue_seconds: float | None = Field(description="From the submission to the first start. Null while it waits.")
    errors: list[ErrorInfo]
    bandwidth: int | None = Field(description="Bytes per second that it may move now. Null is no limit of its own.")
    concurrency: int | None = Field(description="Files or requests that may be under way now. Null: as many as help.")
    priority: int
    labels: dict[str, str]
    verified: Amount | None
    local_path: str | None = Field(description="Where the node has all that a preload brought, if that is one place.")
    node: str | None
    version: int
    retry_of: str | None
    schedule_id: str | None = Field(description="The schedule that made it. It may have been deleted since.")
    at: str | None = Field(description="The time before which it may not begin, as it was ordered.")
    after: list[str] = Field(description="The jobs that it was ordered to wait for.")
    links: JobLinks


class MoverInfo(Reply):
    """What one mover has done: files moved, bytes on the wire, milliseconds of processor time."""

    files: int
    bytes: int
    cpu_ms: int


class AttemptInfo(Reply):
    """One run of the job on a node. `movers` are the processes that moved its files; null before the first one."""

    attempt: int
    node: str
    start_time: str
    end_time: str | None
    outcome: str | None = Field(description="A terminal status, or such as crashed, stalled, stopped, lost.")
    movers: list[MoverInfo] | None


class JobDetail(JobInfo):
    """A job with its newest attempts, newest first."""

    attempts: list[AttemptInfo]
    plan: PlanInfo | None = Field(description="What a plan has found. Null until it has ended, and for other jobs.")


class JobPage(Reply):
    """A page of jobs, newest first."""

    jobs: list[JobInfo]
    users: dict[str, str] = Field(description="For admins: the names of the users of these jobs, by uid.")
    next_page_token: str | None


class FailureInfo(Reply):
    """A file that is not where it should be, why, and how often it was tried in which attempt."""

    path: str
    reason: str
    message: str
    tries: int
    attempt: int


class FailurePage(Reply):
    """A page of failed files, by path."""

    failures: list[FailureInfo]
    next_page_token: str | None


class FileListInfo(Reply):
    """A file list. Jobs may use it once it is complete."""

    file_list_id: str
    lines: int
    bytes: int
    complete: bool
    create_time: str


class FileListPage(Reply):
    """A page of file lists, newest first."""

    file_lists: list[FileListInfo]
    next_page_token: str | None


class FieldProblem(Reply):
    """One refused member."""

    field: str
    message: str


class Problem(Reply):
    """Any error (RFC 9457): `reason` is for machines, `detail` and `cure` are for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    reason: str
    request_id: str
    cure: str
    errors: list[FieldProblem]
