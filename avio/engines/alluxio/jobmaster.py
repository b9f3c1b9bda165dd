"""The job service's REST (port 20002): loads and persists file by file, the way round where gRPC is closed.

Used in the job process, from any thread; opens nothing before the first call.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NamedTuple

from avio.engines.alluxio.naming import sayable
from avio.engines.alluxio.rest import Params, Rest
from avio.engines.alluxio.settings import AlluxioSettings
from avio.errors import EngineAway, EngineError, Scope

SILENCE = 60.0  # seconds of calls without any answer after which a job can't go on

_BASE = "/api/v1/master/job/"
_PLAN = "alluxio.job.plan."
_CLOSED = "restart the job worker: it has closed its client of the bucket, as Alluxio 2.9.4 to 2.9.6 does at times"


class JobServiceAway(EngineError):
    """The job service has not answered, or taken no job, for too long."""

    scope = Scope.JOB
    reason = "JOB_SERVICE_AWAY"
    status = 503
    cure = "see that Alluxio's job master and job workers run, then retry the job"


class JobState(StrEnum):
    """States of a job, in Alluxio's own words."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def ended(self) -> bool:
        """Tell whether the job will not change any more."""
        return self not in (JobState.CREATED, JobState.RUNNING)


class JobStatus(NamedTuple):
    """A job. COMPLETED is not to be believed: ask what is cached.

    `paths` are those it touches; `message` says why it failed, or else why a task of it did.
    """

    id: int
    name: str
    state: JobState
    message: str
    paths: tuple[str, ...]


class JobMaster:
    """The job master. It forgets its jobs at a restart (PathNotFound): ask the files again, submit what is missing.

    Raises Exhausted when it is full, EngineAway when it does not answer (a start that ends so may have happened), and
    JobServiceAway once that has gone on for SILENCE.
    """

    def __init__(self, settings: AlluxioSettings) -> None:
        self._rest = Rest("the Alluxio job master", settings.job_master, settings.patience)

    def load(self, paths: Sequence[str]) -> int:
        """Start loading files (no directories), a hundred or so; return the job's id.

        A plan of its own, never the child of a workflow: to cancel one of those can lock up the whole job master.
        Its cancel holds the lock of all workflows and waits for that of a plan, which the end of a task holds while
        it waits for the former (WorkflowTracker.cancel and PlanCoordinator.updateTasks, Alluxio 2.9).
        """
        return self._run(_load_batch(paths))

    def persist(self, path: str, *, mount_id: int, ufs_path: str, overwrite: bool = False) -> int:
        """Start copying a complete file to exactly `ufs_path` and return the job's id.

        Leaves the file's own state as it was: `Proxy.mark_persisted` follows once the bytes are seen in the bucket.
        """
        return self._run(
            {
                "@type": _PLAN + "persist.PersistConfig",
                "filePath": sayable(path),
                "mountId": mount_id,
                "overwrite": overwrite,
                "ufsPath": ufs_path,
            }
        )

    def status(self, job_id: int) -> JobStatus:
        """Return a job; PathNotFound for one that was forgotten."""
        return _job_of(self._get(_BASE + "get_status", {"jobId": job_id}))

    def find(self, name: str, states: Sequence[JobState]) -> list[int]:
        """Return the ids of the jobs of a name (Persist, Load) in any of `states`, oldest first."""
        # Without a state the job master ignores the name.
        params = {"name": name, "status": [state.value for state in states or JobState]}
        ids: list[int] = self._get(_BASE + "list", params)
        return ids

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop; it is quiet some seconds later. Poll `status`."""
        with self._bounded():
            self._rest.post(_BASE + "cancel", params={"jobId": job_id})

    def worker_hosts(self) -> set[str]:
        """Return the hosts of the job workers: without one nothing is ever persisted."""
        return {worker["address"]["host"] for worker in self._get("/api/v1/job_master/info")["workers"]}

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._rest.close()

    def _run(self, config: dict[str, Any]) -> int:
        with self._bounded():
            job_id: int = self._rest.post_once(_BASE + "run", body=config)
        return job_id

    def _get(self, path: str, params: Params | None = None) -> Any:
        with self._bounded():
            return self._rest.get(path, params=params)

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        try:
            yield
        except EngineAway as error:  # Exhausted is an answer, so that there is no silence
            if (seconds := self._rest.silence()) < SILENCE:
                raise
            raise JobServiceAway(f"the job master has not answered for {seconds:.0f} s: {error}") from error


def _load_batch(paths: Sequence[str]) -> dict[str, Any]:
    # Without directCache a third of the files are not cached, and the job is COMPLETED. A batch takes texts alone.
    return {
        "@type": _PLAN + "BatchedJobConfig",
        "jobType": "Load",
        "jobConfig": [
            {
                "@type": _PLAN + "load.LoadConfig",
                "filePath": sayable(path),
                "replication": "1",
                "directCache": "true",
            }
            for path in paths
        ],
    }


def _job_of(told: dict[str, Any]) -> JobStatus:
    """Return what the JSON of a plan says."""
    return JobStatus(
        id=told["id"],
        name=told["name"],
        state=JobState(told["status"]),
        message=_reason(told),
        paths=tuple(told.get("affectedPaths") or ()),
    )


def _reason(told: dict[str, Any]) -> str:
    if said := str(told["errorMessage"] or ""):
        return _CLOSED if "RejectedExecutionException" in said and "Terminated" in said else said
    return next((reason for child in told["children"] or [] if (reason := _reason(child))), "")
