"""The master by gRPC (port 19998): statuses, listings, metadata sync, persists, and its own load job.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from google.protobuf.message import Message

from avio.engines.alluxio.frommessage import Reader
from avio.engines.alluxio.loadprogress import LoadProgress
from avio.engines.alluxio.loadrequest import load_request
from avio.engines.alluxio.naming import sayable
from avio.engines.alluxio.primary import Primary
from avio.engines.alluxio.proto import master_pb2 as pb
from avio.engines.alluxio.settings import AlluxioSettings
from avio.engines.alluxio.status import MountPoint, Status

SHORT = 30.0  # seconds that one try of a small call may take
LONG = 300.0  # seconds that one try of a call that walks a tree may take
RESTART = 60.0  # seconds that a job waits for a master that restarts; a person is told sooner

M = TypeVar("M", bound=Message)


class StatusPage(NamedTuple):
    """A page of a listing; `more` tells whether another follows after the last path of this one."""

    statuses: list[Status]
    more: bool


class Master:
    """The primary of the masters. EngineAway when none answered within the patience; else errors as `errors.of_code`.

    Calls that may be repeated without harm are, while the cluster is away or exhausted and the patience lasts.
    """

    def __init__(self, settings: AlluxioSettings, primary: Primary | None = None) -> None:
        self._settings = settings
        self._primary = primary or Primary(settings)

    def patient(self, seconds: float) -> "Master":
        """Return the same master, sharing its connection, with another patience."""
        return Master(replace(self._settings, patience=seconds), self._primary)

    def for_jobs(self) -> "Master":
        """Return the same master, waited for while it restarts."""
        return self.patient(max(RESTART, self._settings.patience))

    def status(self, path: str, *, sync: bool = False) -> Status:
        """Return `path` as it stands; with `sync` the bucket is asked first. Raises PathNotFound."""
        options = pb.GetStatusOptions(update_timestamps=False)
        if sync:
            options.load_metadata_type = pb.ALWAYS
            options.common_options.sync_interval_ms = 0
        request = pb.GetStatusRequest(path=sayable(path), options=options)
        return Reader().status(self._call("GetStatus", request, pb.GetStatusResponse).file_info)

    def page(
        self,
        path: str,
        *,
        recursive: bool,
        size: int,
        after: str | None = None,
        mount_info: bool = True,
        load: bool = True,
        limit: float | None = None,
    ) -> StatusPage:
        """Return up to `size` statuses below `path`, after the full path `after`. A file is listed as itself.

        `mount_info=False` leaves out `ufs_path` and `mount_id`, which is faster. With `load` the first page looks
        into the bucket for directories that never were listed, and not again. With `limit`, in seconds, there is one
        try. Raises PathNotFound.
        """
        options = pb.ListStatusOptions(
            load_metadata_type=pb.ONCE if load and after is None else pb.NEVER,
            recursive=recursive,
            exclude_mount_info=not mount_info,
            disable_are_descendants_loaded_check=after is not None,
        )
        request = pb.ListStatusPartialRequest(
            path=sayable(path), options=pb.ListStatusPartialOptions(options=options, batch_size=size)
        )
        if after is not None:
            request.options.start_after = after[len(path.rstrip("/")) + 1 :]
        patience = self._settings.patience if limit is None else 0
        reply = self._primary.call("ListStatusPartial", request, pb.ListStatusPartialResponse, limit or LONG, patience)
        return StatusPage([*map(Reader().status, reply.file_infos)], reply.is_truncated)

    def listing(self, path: str, *, recursive: bool, size: int = 1000, mount_info: bool = True) -> Iterator[Status]:
        """Yield all statuses below `path`, a page of `size` at a time."""
        after = None
        while True:
            page = self.page(path, recursive=recursive, size=size, after=after, mount_info=mount_info)
            yield from page.statuses
            if not page.more:
                return
            after = page.statuses[-1].path

    def sync(self, path: str, *, recursive: bool = True, compare: bool = True, limit: float = 3600) -> None:
        """Make the master look into the bucket below `path`; may take minutes, `limit` seconds at most.

        Without `compare` it only learns of new objects; with it, a file that was never saved is dropped when an
        object of its name has appeared. Works on every 2.9. Raises PathNotFound.
        """
        options = pb.ListStatusOptions(
            load_metadata_type=pb.ALWAYS,
            common_options=pb.CommonOptions(sync_interval_ms=0 if compare else -1),
            recursive=recursive,
            load_metadata_only=True,
        )
        request = pb.ListStatusRequest(path=sayable(path), options=options)
        self._primary.drain("ListStatus", request, pb.ListStatusResponse, limit, self._settings.patience)

    def mounts(self) -> list[MountPoint]:
        """Return the mount table, by path."""
        table = self._call("GetMountTable", pb.GetMountTableRequest(check_ufs=False), pb.GetMountTableResponse)
        return [
            MountPoint(path, mount.ufs_uri, mount.mount_id, mount.read_only)
            for path, mount in sorted(table.mount_points.items())
        ]

    def persist(self, path: str) -> None:
        """Schedule the persist of one complete file: sent once, never tried again.

        Only for a file whose fresh status is NOT_PERSISTED: for a persisted one Alluxio deletes the object first,
        and loses the data when the blocks are gone. EngineAway leaves open whether it was scheduled: ask the status.
        Raises PathNotFound (also for a directory).
        """
        request = pb.ScheduleAsyncPersistenceRequest(path=sayable(path))
        self._primary.once("ScheduleAsyncPersistence", request, pb.Empty, SHORT)

    def free(self, path: str, *, recursive: bool) -> None:
        """Drop `path` from the cache; the workers remove the blocks a little later. Refused where not persisted."""
        request = pb.FreeRequest(path=sayable(path), options=pb.FreeOptions(recursive=recursive))
        self._call("Free", request, pb.Empty, limit=LONG)

    def start_load(self, path: str, *, bandwidth: int | None = None, verify: bool = False) -> None:
        """Start Alluxio's own load job of a file or directory, or update the one that runs.

        `bandwidth` is in bytes a second for each worker. Raises Exhausted when too many jobs run.
        """
        body = load_request(sayable(path), bandwidth=bandwidth, verify=verify)
        self._call("submitJob", pb.SubmitJobRequest(request_body=body), pb.SubmitJobResponse)

    def load_progress(self, path: str, *, failures: bool = False) -> LoadProgress:
        """Return how far the load job of `path` is, with the files that failed if asked; PathNotFound for no job."""
        request = pb.GetJobProgressRequest(
            job_description=_load_of(path), options=pb.JobProgressOptions(format=pb.JSON, verbose=failures)
        )
        reply = self._call("GetJobProgress", request, pb.GetJobProgressResponse)
        return LoadProgress.of_report(reply.progress_report)

    def stop_load(self, path: str) -> bool:
        """Stop the load job of `path`; False when none ran. What was begun is finished, within a second."""
        request = pb.StopJobRequest(job_description=_load_of(path))
        return self._call("StopJob", request, pb.StopJobResponse).job_stopped

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        self._primary.close()

    def _call(self, method: str, request: Message, reply: type[M], *, limit: float | None = None) -> M:
        return self._primary.call(method, request, reply, limit or SHORT, self._settings.patience)


def _load_of(path: str) -> pb.JobDescription:
    return pb.JobDescription(type="load", path=sayable(path))
