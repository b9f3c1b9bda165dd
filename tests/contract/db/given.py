"""Rows to begin a test with: users, nodes and jobs, put there by the queries that the processes use.

Every function is called inside `borrow()`.
"""

from typing import Any

from avio.db import claims, ends, filelists, history, leases, orders, users
from avio.db.models import FailedFile, Job
from avio.db.sql import change
from avio.wire.progress import Counters, Progress
from avio.wire.results import Result
from avio.wire.states import State

LEASE = 60.0


def user(name: str = "ada", *, admin: bool = False) -> int:
    """Add a user; return the uid."""
    made = users.create(name, "hash", admin=admin)
    assert made is not None
    return int(made.uid)


def job(uid: int = 1, **columns: Any) -> str:
    """Queue a preload of `uid`; `columns` are set afterwards. Return its id."""
    made, _ = orders.insert(orders.NewJob(uid, "load", 1, '{"alluxioUri": "/data", "fromFileList": false}'))
    set_row(made.id, **columns)
    return str(made.id)


def set_row(job_id: str, **columns: Any) -> None:
    """Change a row past all guards but those of the database itself."""
    if columns:
        Job.update(**columns).where(Job.id == job_id).execute()


def node(name: str = "n1", *, lease: float = LEASE) -> int:
    """Begin an epoch of a node, always by the same supervisor; return the epoch."""
    epoch = leases.register(name, "boot", "spool", 2, lease)
    assert epoch is not None
    return epoch


def file_list(uid: int = 1, text: bytes = b"/a\n") -> str:
    """Upload a file list; return its id."""
    made = filelists.begin(uid)
    filelists.append(made, 0, text)
    filelists.complete(made, text.count(b"\n"), 1)
    return made


def lease_over(name: str, seconds: float) -> None:
    """The lease of a node ran out `seconds` ago."""
    change("UPDATE nodes SET lease_until = {now} - ? WHERE name = ?", seconds, name)


def only_epoch(name: str = "n1") -> None:
    """A node whose epoch is 1, whatever it was before."""
    change("DELETE FROM nodes WHERE name = ?", name)
    node(name)


def starting(name: str = "n1", epoch: int = 1, **columns: Any) -> str:
    """A job that a node has claimed; the node must be there."""
    made = job(**columns)
    claim(made, name, epoch)
    return made


def running(name: str = "n1", epoch: int = 1, **columns: Any) -> str:
    """A job whose process is up."""
    made = starting(name, epoch, **columns)
    assert claims.mark_running(made, 1, name, epoch, pid=4321)
    return made


def claim(job_id: str, name: str = "n1", epoch: int = 1) -> claims.Claim:
    """Claim a job that is known to be free, however long its back-off is."""
    change("UPDATE jobs SET run_at = 0 WHERE id = ?", job_id)
    claimed = claims.claim(job_id, name, epoch)
    assert claimed is not None
    return claimed


def claim_due(job_id: str, name: str = "n1", epoch: int = 1) -> claims.Claim:
    """Claim a job that is due."""
    claimed = claims.claim(job_id, name, epoch)
    assert claimed is not None
    return claimed


def in_state(state: State) -> str:
    """A job in any state, brought there by legal moves; attempt 1 where one was begun. Needs node n1, epoch 1."""
    if state is State.QUEUED:
        return job()
    if state is State.STARTING:
        return starting()
    made = running()
    if state is State.STOPPING:
        assert orders.cancel(made, "")
    elif state is not State.RUNNING:
        from_result(made, state)
    return made


def from_result(job_id: str, state: str) -> None:
    """End attempt 1 of a job."""
    assert ends.finish(result(job_id), state)


def result(job_id: str, attempt: int = 1, files: int = 3, **members: Any) -> Result:
    """The result of an attempt that moved `files` files of 10 bytes."""
    counters = Counters(files_total=files, bytes_total=10 * files, files_done=files, bytes_done=10 * files)
    return Result(job_id, attempt, "succeeded", progress=Progress(total_complete=True, counters=counters), **members)


def state(job_id: str) -> str:
    """Return the state of a job."""
    return str(row(job_id)["state"])


def row(job_id: str) -> dict[str, Any]:
    """Return all columns of a job."""
    found = history.find(job_id)
    assert found is not None
    return dict(found.__data__)


def failures(job_id: str) -> list[FailedFile]:
    """Return the failed files of a job, of all attempts, by path."""
    return list(FailedFile.select().where(FailedFile.job_id == job_id).order_by(FailedFile.path))
