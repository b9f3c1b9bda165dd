"""The job service's REST (port 20002): loads and persists file by file. The fallback if gRPC is closed.

Used in the job process, from any thread; opens nothing before the first call.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NamedTuple

from avio.engines.alluxio.clients.path_rules import addressable
from avio.engines.alluxio.clients.rest import Params, Rest
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.errors import EngineAway, EngineError, Scope

SILENCE_SECONDS = 60.0  # seconds without any answer, after which a job can't continue

_BASE = "/api/v1/master/job/"
_PLAN = "alluxio.job.plan."
_CLOSED = "restart the job worker: it has closed its client of the bucket, a known fault of Alluxio 2.9.4 to 2.9.6"


class JobServiceAway(EngineError):
    """The job service has not answered, or accepted no job, for too long."""

    scope = Scope.JOB
    reason = "JOB_SERVICE_AWAY"
    status = 503
    cure = "start Alluxio's job master and job workers, then retry the job"


class JobState(StrEnum):
    """States of a job, by Alluxio's own names."""

    CREATED = "CREATED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def ended(self) -> bool:
        """Return True if the job has ended."""
        return self not in (JobState.CREATED, JobState.RUNNING)


class JobStatus(NamedTuple):
    """A job. Don't trust COMPLETED: ask what is cached.

    `paths` are its files; `message` says why it, or one of its tasks, failed.
    """

    id: int
    name: str
    state: JobState
    message: str
    paths: tuple[str, ...]


class JobMaster:
    """The job master. A restart makes it forget its jobs (PathNotFound): check the files, submit the missing ones.

    Raises Exhausted if it is full, EngineAway if it does not answer (a job may have started anyway), and
    JobServiceAway after SILENCE_SECONDS without an answer.
    """

    def __init__(self, settings: AlluxioSettings) -> None:
        self._rest = Rest("the Alluxio job master", settings.job_master, settings.patience)

    def load(self, paths: Sequence[str]) -> int:
        """Start loading files (no directories), a hundred or so; return the job's id.

        A separate plan, never the child of a workflow: cancelling a workflow can deadlock the whole job master.
        The cancel holds the lock of all workflows and waits for the lock of a plan. The end of a task holds the
        lock of the plan and waits for the lock of all workflows (Alluxio 2.9, WorkflowTracker.cancel and
        PlanCoordinator.updateTasks).
        """
        return self._run(_load_batch(paths))

    def persist(self, path: str, *, mount_id: int, ufs_path: str, overwrite: bool = False) -> int:
        """Start copying a complete file to exactly `ufs_path` and return the job's id.

        Does not change the state of the file: call `Proxy.mark_persisted` after the bytes are in the bucket.
        """
        return self._run(
            {
                "@type": _PLAN + "persist.PersistConfig",
                "filePath": addressable(path),
                "mountId": mount_id,
                "overwrite": overwrite,
                "ufsPath": ufs_path,
            }
        )

    def status(self, job_id: int) -> JobStatus:
        """Return a job. Raise PathNotFound if the job master has forgotten it."""
        return _job_of(self._get(_BASE + "get_status", {"jobId": job_id}))

    def find(self, name: str, states: Sequence[JobState]) -> list[int]:
        """Return the ids of the jobs of a name (Persist, Load) in any of `states`, oldest first."""
        # Without a state the job master ignores the name.
        params = {"name": name, "status": [state.value for state in states or JobState]}
        ids: list[int] = self._get(_BASE + "list", params)
        return ids

    def cancel(self, job_id: int) -> None:
        """Request the end of a job, which takes some seconds. Poll `status`."""
        with self._bounded():
            self._rest.post(_BASE + "cancel", params={"jobId": job_id})

    def worker_hosts(self, patience: float | None = None) -> set[str]:
        """Return the hosts of the job workers. Without one Alluxio persists nothing. `patience` is for this call."""
        told = self._get("/api/v1/job_master/info", patience=patience)
        return {worker["address"]["host"] for worker in told["workers"]}

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._rest.close()

    def _run(self, config: dict[str, Any]) -> int:
        with self._bounded():
            job_id: int = self._rest.post_once(_BASE + "run", body=config)
        return job_id

    def _get(self, path: str, params: Params | None = None, patience: float | None = None) -> Any:
        with self._bounded():
            return self._rest.get(path, params=params, patience=patience)

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        try:
            yield
        except EngineAway as error:  # Exhausted is an answer too
            if (seconds := self._rest.silence()) < SILENCE_SECONDS:
                raise
            raise JobServiceAway(f"the job master has not answered for {seconds:.0f} s: {error}") from error


def _load_batch(paths: Sequence[str]) -> dict[str, Any]:
    # Without directCache a third of the files stay uncached although the job is COMPLETED. A batch takes texts alone.
    return {
        "@type": _PLAN + "BatchedJobConfig",
        "jobType": "Load",
        "jobConfig": [
            {
                "@type": _PLAN + "load.LoadConfig",
                "filePath": addressable(path),
                "replication": "1",
                "directCache": "true",
            }
            for path in paths
        ],
    }


def _job_of(told: dict[str, Any]) -> JobStatus:
    """Return the job in the JSON of a plan."""
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
