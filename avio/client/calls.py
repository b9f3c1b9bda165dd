"""`Client`: one method for each call of the API.

Replies are the API's JSON, typed in `shapes`. Every method raises ApiError or Unreachable.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

from avio.client.events import Event, read_events
from avio.client.fleet_shapes import MountList, NodeList, TopInfo
from avio.client.keeps import Keeps
from avio.client.lines import read_objects, split_lines
from avio.client.plan_shapes import PlanLine
from avio.client.schedules import Schedules
from avio.client.shapes import (
    AT_ONCE,
    Begin,
    EntryInfo,
    FailurePage,
    FileList,
    FileListPage,
    Freed,
    JobDetail,
    JobInfo,
    JobPage,
    ListPage,
    Login,
    Params,
    ReportLine,
    TierList,
    WaitInfo,
    Whoami,
)
from avio.client.spelling import spelled_path
from avio.client.transport import CONNECT_SECONDS, Transport
from avio.client.webhooks import Webhooks
from avio.wire.states import JobType

# An event stream sends at least a ping every 15 s; three missed ones mean that it is dead.
EVENTS_READ_SECONDS = 45.0
# Enough for a second try where each takes as long as it may to connect, or after a Retry-After of 5 s.
PATIENCE_SECONDS = 2 * CONNECT_SECONDS + 2


class Client:
    """A user of one avio server; `url` is `http://host:port`, ValueError on anything else.

    In seconds: `timeout` is the longest wait for a reply, `patience` what a call may spend on trying again. Tried
    again are reads, and orders of jobs: their Idempotency-Key sees to it that a repeated order makes no second job.
    """

    def __init__(
        self, url: str, token: str | None = None, *, timeout: float = 60.0, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._transport = Transport(url, token, timeout=timeout, patience=patience)
        self.keeps = Keeps(self._transport)
        self.schedules = Schedules(self._transport)
        self.webhooks = Webhooks(self._transport)

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return self._transport.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    # Who

    def login(self, name: str, password: str) -> Login:
        """Log in: this client sends the new token from now on. Return it, for other clients."""
        reply = cast(Login, self._post("/login", json={"name": name, "password": password}))
        self._transport.use_token(reply["authToken"])
        return reply

    def logout(self) -> None:
        """Revoke the token, and send none from now on."""
        self._post("/logout")
        self._transport.use_token(None)

    def whoami(self) -> Whoami:
        """Return whose token this is."""
        return cast(Whoami, self._get("/whoami"))

    # Tasks

    def list(
        self,
        path: str,
        *,
        depth: int | None = None,
        sums: bool = False,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> ListPage:
        """Return one page of what is below `path`; depth 1 means direct children, None all levels.

        With `sums` more of its directories have sums, and the page takes longer.
        """
        place = {**spelled_path(path), "pageToken": page_token}
        return cast(ListPage, self._get("/list", **place, depth=depth, sums=sums or None, pageSize=page_size))

    def stat(self, path: str, *, cached_only: bool = False) -> EntryInfo:
        """Return `path` as it stands, a directory with its sums; with `cached_only` what the cache has, by itself."""
        return cast(EntryInfo, self._get("/stat", **spelled_path(path), cachedOnly=cached_only or None))

    def wait(self, path: str, until: str, *, seconds: float | None = None, missing: str | None = None) -> WaitInfo:
        """Return how `path` stands once it meets `until`, or `seconds` (at most 60) are over.

        A path that is not there is an error, unless `missing` is "wait".
        """
        query = {**spelled_path(path), "until": until, "wait": seconds, "missing": missing}
        return cast(WaitInfo, self._get("/wait", longer=seconds or 0, **query))

    def tiers(self) -> TierList:
        """Return the tiers, best first, with what they may hold and hold."""
        return cast(TierList, self._get("/tiers"))

    def free(self, path: str, *, recursive: bool = False, as_job: bool = False) -> Freed | JobInfo:
        """Drop a file, or with `recursive` all below a directory, from the cache; refused for what is not saved.

        Many files, or any with `as_job`, are dropped by a job, which is returned: it has an `id`, a Freed has none.
        """
        headers = {"Prefer": "respond-async"} if as_job else {}
        body = {**spelled_path(path), "recursive": recursive}
        return cast(Freed | JobInfo, self._post("/free", json=body, headers=headers))

    def top(self, path: str, *, by: str, depth: int, tier: str | None, page_size: int) -> TopInfo:
        """Return who fills the cache at and below `path`."""
        query = {**spelled_path(path), "by": by, "depth": depth, "tier": tier, "pageSize": page_size}
        return cast(TopInfo, self._get("/top", **query))

    # Jobs

    def preload(self, params: Params, *, name: str | None = None, begin: Begin = AT_ONCE) -> JobInfo:
        """Order a preload."""
        return self._order("/preload", _without_none(name=name, params=params, **begin))

    def save(self, params: Params, *, name: str | None = None, begin: Begin = AT_ONCE) -> JobInfo:
        """Order a save."""
        return self._order("/save", _without_none(name=name, params=params, **begin))

    def submit(
        self,
        kind: JobType,
        params: Params,
        *,
        name: str | None = None,
        uid: int | None = None,
        key: str | None = None,
        begin: Begin = AT_ONCE,
    ) -> JobInfo:
        """Order a job of any type; `uid` of somebody else is for admins. The same `key` gives the same job again."""
        return self._order("/jobs", _without_none(name=name, uid=uid, type=int(kind), params=params, **begin), key)

    def plan(self, kind: JobType, params: Params, *, name: str | None = None) -> JobInfo:
        """Order the plan of a preload or a save. Once it has succeeded, the job has its `plan`."""
        return self._order("/plans", _without_none(name=name, type=int(kind), params=params))

    def jobs(
        self,
        *,
        statuses: Iterable[str] = (),
        kinds: Iterable[JobType] = (),
        uid: int | None = None,
        name: str | None = None,
        matching: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> JobPage:
        """Return one page of jobs, newest first. `matching` is a filter such as `status:failed since:2d`."""
        reply = self._get(
            "/jobs",
            status=list(statuses),
            type=[int(kind) for kind in kinds],
            uid=uid,
            name=name,
            filter=matching,
            pageSize=page_size,
            pageToken=page_token,
        )
        return cast(JobPage, reply)

    def job(
        self, job_id: str, *, wait: int | None = None, if_version: int | None = None, once: bool = False
    ) -> JobDetail:
        """Return the job; with `wait` (at most 60 s) once its version is above `if_version`; with `once` by one try."""
        query = {"wait": wait, "ifVersion": if_version}
        return cast(JobDetail, self._get(_job(job_id), longer=wait or 0, repeatable=not once, **query))

    def change(self, job_id: str, changes: Mapping[str, Any]) -> JobInfo:
        """Change name, labels, priority or limits of a job until it ends; None resets. Names are those of the API."""
        return cast(JobInfo, self._transport.call("PATCH", _job(job_id), repeatable=True, json=dict(changes)))

    def cancel(self, job_id: str) -> JobInfo:
        """Request the cancellation of a job."""
        return cast(JobInfo, self._post(_job(job_id, "/cancel")))

    def retry(self, job_id: str, *, failed: bool = False) -> JobInfo:
        """Submit a new job with the params of an ended one; with `failed` for its failed files alone."""
        return self._order(_job(job_id, "/retry"), {"failed": True} if failed else None)

    def events(self, job_id: str, *, until: float) -> Iterator[Event]:
        """Yield the events of a job as they come, until its end or `until` on the monotonic clock."""
        with self._transport.stream("GET", _job(job_id, "/events"), timeout=EVENTS_READ_SECONDS) as reply:
            yield from read_events(reply, until)

    def report(self, job_id: str, *, outcome: str | None = None) -> Iterator[ReportLine]:
        """Yield the outcome of each file."""
        return cast(Iterator[ReportLine], self._lines(_job(job_id, "/report"), _without_none(outcome=outcome)))

    def failures(self, job_id: str, *, page_token: str | None = None) -> FailurePage:
        """Return one page of the files that the newest attempt has failed for, also while it runs."""
        return cast(FailurePage, self._get(_job(job_id, "/failures"), pageToken=page_token))

    def result(self, job_id: str) -> Iterator[EntryInfo]:
        """Yield the entries that an ls or stat job found."""
        return cast(Iterator[EntryInfo], self._lines(_job(job_id, "/result"), {}))

    def plan_lines(self, job_id: str) -> Iterator[PlanLine]:
        """Yield what a plan says of each file."""
        return cast(Iterator[PlanLine], self._lines(_job(job_id, "/result"), {}))

    def log(self, job_id: str) -> Iterator[str]:
        """Yield the lines of the job process's own log, without line ends."""
        with self._transport.stream("GET", _job(job_id, "/log")) as reply:
            for line in split_lines(reply):
                yield line.decode("utf-8", "replace")

    def upload_file_list(self, chunks: Iterable[bytes], *, nul: bool = False, versions: bool = False) -> FileList:
        """Store a file list, sent as it is read: a path a line or, with `nul`, each with a NUL behind it.

        With `versions` each line is JSON with a path and a version, as in a plan.
        """
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        query = {"separator": "json"} if versions else {"separator": "nul"} if nul else {}
        return cast(FileList, self._post("/filelists", content=chunks, headers=headers, params=query))

    def file_lists(self, *, page_token: str | None = None) -> FileListPage:
        """Return one page of the user's file lists, newest first."""
        return cast(FileListPage, self._get("/filelists", pageToken=page_token))

    def delete_file_list(self, list_id: str) -> None:
        """Delete a file list that no unfinished job uses."""
        self._transport.call("DELETE", f"/filelists/{quote(list_id, safe='')}", repeatable=False)

    # Server

    def nodes(self) -> NodeList:
        """Return the worker nodes, with the user's jobs there; for admins with all."""
        return cast(NodeList, self._get("/nodes"))

    def mounts(self) -> MountList:
        """Return the mounts, with the user's jobs there; for admins with all."""
        return cast(MountList, self._get("/mounts"))

    def healthz(self) -> dict[str, Any]:
        """Return at once when web is up."""
        return cast(dict[str, Any], self._get("/healthz"))

    def readyz(self) -> dict[str, Any]:
        """Return when every part is up; ApiError 503 naming those that are not."""
        return cast(dict[str, Any], self._get("/readyz"))

    def openapi(self) -> dict[str, Any]:
        """Return the API's description."""
        return cast(dict[str, Any], self._get("/openapi.json"))

    def _get(self, path: str, *, longer: float = 0, repeatable: bool = True, **query: Any) -> Any:
        return self._transport.call("GET", path, repeatable=repeatable, longer=longer, params=_without_none(**query))

    def _post(self, path: str, **request: Any) -> Any:
        return self._transport.call("POST", path, repeatable=False, **request)

    def _order(self, path: str, body: dict[str, Any] | None, key: str | None = None) -> JobInfo:
        headers = {"Idempotency-Key": key or os.urandom(16).hex()}
        return cast(JobInfo, self._transport.call("POST", path, repeatable=True, json=body, headers=headers))

    def _lines(self, path: str, query: dict[str, Any]) -> Iterator[Any]:
        with self._transport.stream("GET", path, params=query) as reply:
            yield from read_objects(reply)


def _job(job_id: str, rest: str = "") -> str:
    return f"/jobs/{quote(job_id, safe='')}{rest}"


def _without_none(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
