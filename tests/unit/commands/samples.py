"""Replies of the API to lay out in the stub; a test holds them against the shapes that the API declares."""

from typing import Any

JOB = "01JX7M3K9QZ5V8W2YB4D6F1H0N"
PAGE_OF_NONE: dict[str, Any] = {"jobs": [], "users": {}, "nextPageToken": None}


def login_info(**changes: Any) -> dict[str, Any]:
    """Return the reply to a login."""
    return {
        "authToken": "stub-token",
        "expireTime": "2026-05-03T12:00:00.000+08:00",
        "uid": 7,
        "name": "lena",
        "admin": False,
        **changes,
    }


def whoami_info() -> dict[str, Any]:
    """Return a Whoami."""
    return {name: value for name, value in login_info().items() if name != "authToken"}


def entry_info(path: str = "/data/a.tar", **changes: Any) -> dict[str, Any]:
    """Return an EntryInfo: a cached file of 3 KiB."""
    return {
        "path": path,
        "pathBytes": None,
        "name": path.rpartition("/")[2],
        "kind": "file",
        "size": 3072,
        "modified": "2026-05-02T11:40:00.000+08:00",
        "state": "cached",
        "cachedBytes": 3072,
        "cachedPercent": 100.0,
        "tiers": {"MEM": 3072},
        "saved": True,
        "files": 1,
        "filesCached": 1,
        "leftOut": 0,
        "localPath": None,
        **changes,
    }


def entry_page(*entries: dict[str, Any], token: str | None = None, path: str = "/data") -> dict[str, Any]:
    """Return a page of a listing."""
    return {
        "path": path,
        "entries": list(entries),
        "leftOut": 0,
        "unanswered": [],
        "refused": [],
        "nextPageToken": token,
    }


def wait_info(met: bool = True, **changes: Any) -> dict[str, Any]:
    """Return a WaitInfo: all of /data/train is cached, or half of it."""
    files = 4 if met else 2
    entry = entry_info(
        "/data/train", kind="directory", files=4, filesCached=files, cachedBytes=768 * files, cachedPercent=25.0 * files
    )
    return {
        "path": "/data/train",
        "until": "cached",
        "met": met,
        "unmet": [] if met else ["cached"],
        "lookTime": "2026-05-02T11:40:00.000+08:00",
        "entry": entry,
        **changes,
    }


def freed_info() -> dict[str, Any]:
    """Return a FreedInfo."""
    return {"path": "/data/train", "files": 2, "bytes": 4096, "gone": 0}


def tier_list() -> dict[str, Any]:
    """Return a TierList: a tier of a worker, and one that is not spread over several."""
    return {
        "tiers": [
            {
                "alias": "MEM",
                "worker": "10.0.0.1:29999",
                "capacity": 64 << 20,
                "used": 16 << 20,
                "reserved": 0,
                "free": 48 << 20,
            },
            {"alias": "SSD", "worker": None, "capacity": 1024, "used": 0, "reserved": 0, "free": 1024},
        ]
    }


def file_list(list_id: str = JOB, **changes: Any) -> dict[str, Any]:
    """Return a FileListInfo."""
    info = {"fileListId": list_id, "lines": 2, "bytes": 4096, "complete": True}
    return {**info, "createTime": "2026-05-02T11:40:00.000+08:00", **changes}


def progress_info(done: int = 2, failed: int = 0, *, total: int = 4, complete: bool = True) -> dict[str, Any]:
    """Return a ProgressInfo of files of 1 MiB."""
    mebibyte = 1 << 20
    return {
        "total": {"files": total, "bytes": total * mebibyte, "complete": complete},
        "done": {"files": done, "bytes": done * mebibyte},
        "skipped": {"files": 0, "bytes": 0},
        "shared": {"files": 0, "bytes": 0},
        "kept": {"files": 0, "bytes": 0},
        "failed": {"files": failed, "bytes": failed * mebibyte},
        "filesLeftOut": 0,
        "filesRepaired": 0,
        **{name: {"files": 0, "bytes": 0} for name in ("different", "onlyInBucket", "onlyInCache")},
        "bytesWire": done * mebibyte,
        "speedBps": mebibyte,
        "averageBps": mebibyte,
        "inFlight": 0,
        "bytesInFlight": 0,
        "percent": 100.0 * done / total if complete and total else None,
    }


def job_info(status: str = "running", **changes: Any) -> dict[str, Any]:
    """Return a JobInfo: a preload of /data."""
    ended = status in ("succeeded", "partial", "failed", "cancelled")
    base = f"/jobs/{changes.get('id', JOB)}"
    return {
        "id": JOB,
        "name": "",
        "uid": 7,
        "type": 1,
        "params": {"alluxioUri": "/data", "fromFileList": False},
        "status": status,
        "reason": None,
        "message": "",
        "createTime": "2026-05-02T11:40:00.000+08:00",
        "startTime": "2026-05-02T11:40:01.000+08:00",
        "updateTime": "2026-05-02T11:40:05.000+08:00",
        "finishTime": "2026-05-02T11:40:05.000+08:00" if ended else None,
        "attempt": 1,
        "phase": "transferring",
        "progress": progress_info(4 if ended else 2),
        "eta": None,
        "phases": [],
        "queueSeconds": 1.0,
        "waiting": None,
        "errors": [],
        "bandwidth": None,
        "concurrency": None,
        "priority": 0,
        "labels": {},
        "verified": {"files": 4, "bytes": 4 << 20} if status == "succeeded" else None,
        "localPath": None,
        "node": "n1",
        "version": 9 if ended else 5,
        "retryOf": None,
        "scheduleId": None,
        "at": None,
        "after": [],
        "links": {
            "self": base,
            "events": f"{base}/events",
            "cancel": None if ended else f"{base}/cancel",
            "retry": f"{base}/retry" if ended else None,
            "report": f"{base}/report",
            "result": None,
            "log": f"{base}/log",
        },
        **changes,
    }


def running_job() -> dict[str, Any]:
    """Return a RunningJob."""
    job = {"id": JOB, "name": "nightly", "uid": 7, "type": 1, "status": "running", "path": "/data/train"}
    return {**job, "node": "gpu-1"}


def node_list() -> dict[str, Any]:
    """Return a NodeList: a node that runs a job, and a silent one."""
    times = {"startTime": "2026-05-02T11:00:00.000+08:00", "seenTime": "2026-05-02T11:40:05.000+08:00"}
    return {
        "nodes": [
            {"name": "gpu-1", "state": "active", "slots": 2, "busy": 1, **times, "leaseSeconds": 28.5}
            | {"jobs": [running_job()]},
            {"name": "gpu-2", "state": "silent", "slots": 2, "busy": 0, **times, "leaseSeconds": -3.0, "jobs": []},
        ]
    }


def mount_list() -> dict[str, Any]:
    """Return a MountList: a mount that answers, and one that does not."""
    data = {"path": "/data", "kind": "file", "url": "file:///srv/data", "state": "ok", "reason": None, "message": ""}
    away = {"state": "unavailable", "reason": "ENGINE_AWAY", "message": "no answer from mount /s3"}
    return {
        "mounts": [
            {**data, "running": 1, "jobs": [running_job()]},
            {"path": "/s3", "kind": "s3", "url": None, **away, "running": 0, "jobs": []},
        ]
    }


def attempt_info(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an AttemptInfo."""
    return {
        "attempt": number,
        "node": "n1",
        "startTime": "2026-05-02T11:40:01.000+08:00",
        "endTime": None,
        "outcome": None,
        "movers": [{"files": 4, "bytes": 4 << 20, "cpuMs": 30}],
        **changes,
    }


def job_detail(
    status: str = "running",
    *,
    attempts: list[dict[str, Any]],
    plan: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a JobDetail."""
    return {**job_info(status, **changes), "attempts": attempts, "plan": plan}


def plan_info(**changes: Any) -> dict[str, Any]:
    """Return a PlanInfo: three files of four are to be loaded, and fit."""
    return {
        "summary": "would load 3 files, 3.0 MiB; 1 in place; 48 MiB free on MEM: fits",
        "total": {"files": 4, "bytes": 4 << 20},
        "inPlace": {"files": 1, "bytes": 1 << 20},
        "toMove": {"files": 3, "bytes": 3 << 20},
        "kept": {"files": 0, "bytes": 0},
        "filesFailed": 0,
        "filesDirty": 0,
        "filesInConflict": 0,
        "filesLeftOut": 0,
        "filesExcluded": 2,
        "requests": 3,
        "fits": True,
        "evicts": 0,
        "tiers": [
            {"alias": "MEM", "capacity": 64 << 20, "free": 48 << 20, "fits": True, "reserved": 0, "droppable": 0}
        ],
        "warnings": [],
        "expectedSeconds": 125.0,
        "jobs": [{"id": JOB, "user": "bob", "type": 1, "status": "running", "path": "/data/x"}],
        "moreJobs": False,
        **changes,
    }


def plan_line(path: str = "/data/a", **changes: Any) -> dict[str, Any]:
    """Return a line of a plan."""
    return {"path": path, "size": 3, "version": '3-"e"', "state": "remote", "action": "load", **changes}


def report_line(path: str = "/data/a.tar", **changes: Any) -> dict[str, Any]:
    """Return a line of a report."""
    return {
        "path": path,
        "outcome": "done",
        "bytes": 3072,
        "tier": "MEM",
        "reason": None,
        "message": None,
        "tries": 1,
        **changes,
    }


def failure(path: str = "/data/b.tar", **changes: Any) -> dict[str, Any]:
    """Return a FailureInfo."""
    return {"path": path, "reason": "GONE", "message": "it went", "tries": 2, "attempt": 1, **changes}


def failure_page(*failures: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """Return a page of failed files."""
    return {"failures": list(failures), "nextPageToken": token}


def webhook(**changes: Any) -> dict[str, Any]:
    """Return a WebhookInfo, as after its making."""
    return {
        "url": "https://hooks.example/x?...",
        "on": ["partial", "failed"],
        "createTime": "2026-05-02T11:40:00.000+08:00",
        "updateTime": "2026-05-02T11:40:00.000+08:00",
        "secret": "whsec_c2VjcmV0",
        **changes,
    }


def schedule_info(**changes: Any) -> dict[str, Any]:
    """Return a ScheduleInfo: a preload of /data each night, without a job so far."""
    return {
        "id": JOB,
        "name": "nightly",
        "uid": 7,
        "type": 1,
        "params": {"alluxioUri": "/data", "fromFileList": False, "depth": 2},
        "cron": "0 2 * * *",
        "timezone": "Asia/Shanghai",
        "missed": "once",
        "overlap": "skip",
        "status": "active",
        "message": "",
        "summary": "every day at 02:00 Asia/Shanghai; next 2026-05-03 02:00",
        "nextTime": "2026-05-03T02:00:00.000+08:00",
        "lastTime": None,
        "lastJob": None,
        "createTime": "2026-05-02T11:40:00.000+08:00",
        "updateTime": "2026-05-02T11:40:00.000+08:00",
        **changes,
    }


def keep_info(**changes: Any) -> dict[str, Any]:
    """Return a KeepInfo: /data, for three days."""
    return {
        "id": JOB,
        "path": "/data",
        "uid": 7,
        "user": "lena",
        "status": "active",
        "until": "2026-05-05T11:40:00.000+08:00",
        "holdTime": "2026-05-02T11:40:15.000+08:00",
        "evictable": False,
        "createTime": "2026-05-02T11:40:00.000+08:00",
        "updateTime": "2026-05-02T11:40:00.000+08:00",
        "endTime": None,
        "endedBy": None,
        **changes,
    }


def delivery(**changes: Any) -> dict[str, Any]:
    """Return a DeliveryInfo: one that is tried again."""
    return {
        "job": JOB,
        "status": "pending",
        "tries": 2,
        "url": "https://hooks.example/x?...",
        "code": 503,
        "error": "HTTP 503",
        "createTime": "2026-05-02T11:40:00.000+08:00",
        "nextTime": "2026-05-02T11:42:00.000+08:00",
        "endTime": None,
        **changes,
    }


def run_info(status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    """Return a RunInfo."""
    ended = "2026-05-02T02:09:00.000+08:00" if status == "succeeded" else None
    made = {"id": JOB, "status": status, "createTime": "2026-05-02T02:00:00.000+08:00", "finishTime": ended}
    return {**made, **changes}


def schedule_detail(*jobs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a ScheduleDetail."""
    return {**schedule_info(**changes), "lastJob": jobs[0] if jobs else None, "jobs": list(jobs)}
