"""What replies carry, each declared once: for /openapi.json and for the tests, which check every reply against it.

Serving does not validate replies; `avio.api.showing` builds them as plain dictionaries.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from avio.wire.states import Phase, State


class Reply(BaseModel):
    """A JSON object of ours: camelCase, absent values null and never missing."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Whoami(Reply):
    """Whose token it is, and until when it holds."""

    uid: int
    name: str
    admin: bool
    expire_time: str


class LoginInfo(Whoami):
    """The answer to a login."""

    auth_token: str


class EntryInfo(Reply):
    """A file or directory; figures that were not counted are null."""

    path: str
    name: str
    kind: Literal["file", "directory"]
    size: int | None
    modified: str | None
    state: Literal["remote", "partial", "cached", "stale", "dirty", "unknown"]
    cached_bytes: int | None
    cached_percent: float | None
    tiers: dict[str, int] = Field(description="Cached bytes by alias of the tier.")
    saved: bool | None
    files: int | None
    files_cached: int | None


class EntryPage(Reply):
    """A page of entries."""

    path: str
    entries: list[EntryInfo]
    next_page_token: str | None


class FreedInfo(Reply):
    """What was dropped from the cache."""

    path: str
    files: int
    bytes: int


class TierInfo(Reply):
    """One tier, of one worker where there are several: bytes that it may hold, holds, and still has room for."""

    alias: str
    worker: str | None
    capacity: int
    used: int
    free: int


class TierList(Reply):
    """All tiers, best first."""

    tiers: list[TierInfo]


class Amount(Reply):
    """So many files of so many bytes."""

    files: int
    bytes: int


class Total(Amount):
    """What is asked for; final once the listing is `complete`."""

    complete: bool


class ProgressInfo(Reply):
    """Absolute figures; `done` includes `skipped`, at the end done + failed = total."""

    total: Total
    done: Amount
    skipped: Amount
    failed: Amount
    bytes_wire: int
    speed_bps: int
    percent: float | None = Field(description="By bytes; null until the total is complete.")


class ErrorInfo(Reply):
    """All failures of one reason."""

    reason: str
    count: int
    retryable: bool
    hint: str
    samples: list[str]


class ProgressEventInfo(Reply):
    """The data of a `progress` event."""

    phase: Phase | None
    progress: ProgressInfo
    errors: list[ErrorInfo]


class JobLinks(Reply):
    """Where the rest is; null where it makes no sense any more, or yet."""

    self_: str = Field(alias="self")
    events: str
    cancel: str | None
    retry: str | None
    report: str
    result: str | None
    log: str


class JobInfo(Reply):
    """A job: what was asked, how it stands, what became of it."""

    id: str
    name: str
    uid: int
    type: Literal[0, 1, 2, 3]
    params: dict[str, Any]
    status: State
    reason: str | None
    message: str
    create_time: str
    start_time: str | None
    update_time: str
    finish_time: str | None
    attempt: int
    phase: Phase | None
    progress: ProgressInfo
    errors: list[ErrorInfo]
    verified: Amount | None
    node: str | None
    version: int
    retry_of: str | None
    links: JobLinks


class JobPage(Reply):
    """A page of jobs, newest first."""

    jobs: list[JobInfo]
    next_page_token: str | None


class FileListInfo(Reply):
    """An uploaded list."""

    file_list_id: str
    lines: int
    bytes: int


class Health(Reply):
    """The process answers."""

    status: Literal["ok"]


class Part(Reply):
    """A part that web needs."""

    ok: bool
    message: str


class Readiness(Reply):
    """`ok` when every part answers."""

    status: Literal["ok", "away"]
    parts: dict[Literal["database", "redis", "engine"], Part]


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
