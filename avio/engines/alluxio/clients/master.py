"""The master by gRPC (port 19998): statuses, listings, metadata sync, persists, and its own load job.

Used in web and the job process, from any thread; opens nothing before the first call.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from google.protobuf.message import Message

from avio.engines.alluxio.clients.comparison import Comparison, comparison_of
from avio.engines.alluxio.clients.from_message import Reader
from avio.engines.alluxio.clients.load_job import LoadProgress, load_request
from avio.engines.alluxio.clients.path_rules import addressable
from avio.engines.alluxio.clients.primary import Primary
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import MountPoint, Status
from avio.engines.alluxio.proto import master_pb2 as pb
from avio.engines.retry import with_patience
from avio.errors import Unsupported

SHORT_SECONDS = 30.0  # seconds that one try of a small call may take
LONG_SECONDS = 300.0  # seconds that one try of a call that walks a tree may take
RESTART_SECONDS = 60.0  # seconds that a job waits for a master that restarts; a task fails earlier

M = TypeVar("M", bound=Message)


class StatusPage(NamedTuple):
    """A page of a listing. `more` is True if another page follows."""

    statuses: list[Status]
    more: bool


class Master:
    """The primary master. Raises EngineAway if none answers within the patience; else errors of `errors.of_code`.

    It repeats idempotent calls while the cluster is unavailable or exhausted, within the patience.
    """

    def __init__(self, settings: AlluxioSettings, primary: Primary | None = None) -> None:
        self._settings = settings
        self._primary = primary or Primary(settings)

    def patient(self, seconds: float) -> "Master":
        """Return a master with the same connection and another patience."""
        return Master(replace(self._settings, patience=seconds), self._primary)

    def for_jobs(self) -> "Master":
        """Return a master with the same connection, whose calls wait while it restarts."""
        return self.patient(max(RESTART_SECONDS, self._settings.patience))

    def status(self, path: str, *, sync: bool = False) -> Status:
        """Return the status of `path`. With `sync` the master asks the bucket first. Raises PathNotFound."""
        options = pb.GetStatusOptions(update_timestamps=False)
        if sync:
            options.load_metadata_type = pb.ALWAYS
            options.common_options.sync_interval_ms = 0
        request = pb.GetStatusRequest(path=addressable(path), options=options)
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

        `mount_info=False` omits `ufs_path` and `mount_id`, which is faster. With `load` the first page makes the
        master list new directories in the bucket. With `limit`, in seconds, there is one
        try. Raises PathNotFound.
        """
        options = pb.ListStatusOptions(
            load_metadata_type=pb.ONCE if load and after is None else pb.NEVER,
            recursive=recursive,
            exclude_mount_info=not mount_info,
            disable_are_descendants_loaded_check=after is not None,
        )
        request = pb.ListStatusPartialRequest(
            path=addressable(path), options=pb.ListStatusPartialOptions(options=options, batch_size=size)
        )
        if after is not None:
            request.options.start_after = after[len(path.rstrip("/")) + 1 :]
        patience = self._settings.patience if limit is None else 0
        reply = self._primary.call(
            "ListStatusPartial", request, pb.ListStatusPartialResponse, limit or LONG_SECONDS, patience
        )
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
        """Make the master compare `path` with the bucket, within `limit` seconds. May take minutes.

        Without `compare` it only finds new objects. With it, Alluxio drops an unsaved file if the bucket has an
        object of the same name. Works on every 2.9. Raises PathNotFound.
        """
        options = pb.ListStatusOptions(
            load_metadata_type=pb.ALWAYS,
            common_options=pb.CommonOptions(sync_interval_ms=0 if compare else -1),
            recursive=recursive,
            load_metadata_only=True,
        )
        request = pb.ListStatusRequest(path=addressable(path), options=options)
        self._primary.drain("ListStatus", request, pb.ListStatusResponse, limit, self._settings.patience)

    def compare(self, path: str, *, limit: float = 3600) -> Comparison | None:
        """Make the master compare the directory `path` with the bucket, without its children, and say if it could.

        None if this release has no such call. Changes no unsaved file. Call `sync` first: it alone handles changed
        owners, and removes the entries that odd names make here.
        """
        options = pb.SyncMetadataOptions(load_descendant_type=pb.ONE)
        request = pb.SyncMetadataRequest(path=addressable(path), options=options)

        def ask() -> Comparison | None:
            try:
                return comparison_of(self._primary.once("SyncMetadata", request, pb.SyncMetadataResponse, limit))
            except Unsupported:
                self.status("/")  # a standby has no call at all: find the primary
            try:
                return comparison_of(self._primary.once("SyncMetadata", request, pb.SyncMetadataResponse, limit))
            except Unsupported:
                return None

        return with_patience(ask, self._settings.patience)

    def mounts(self) -> list[MountPoint]:
        """Return the mount table, by path."""
        table = self._call("GetMountTable", pb.GetMountTableRequest(check_ufs=False), pb.GetMountTableResponse)
        return [
            MountPoint(path, mount.ufs_uri, mount.mount_id, mount.read_only)
            for path, mount in sorted(table.mount_points.items())
        ]

    def persist(self, path: str) -> None:
        """Schedule the persist of one complete file. Sent once, never repeated.

        Only for a file whose fresh status is NOT_PERSISTED. For a persisted file Alluxio deletes the object first,
        and loses the data if the blocks are gone. After EngineAway it may be scheduled or not: check the status.
        Raises PathNotFound (also for a directory).
        """
        request = pb.ScheduleAsyncPersistenceRequest(path=addressable(path))
        self._primary.once("ScheduleAsyncPersistence", request, pb.Empty, SHORT_SECONDS)

    def free(self, path: str, *, recursive: bool) -> None:
        """Drop `path` from the cache. The workers remove the blocks a little later. Refused if it is not persisted."""
        request = pb.FreeRequest(path=addressable(path), options=pb.FreeOptions(recursive=recursive))
        self._call("Free", request, pb.Empty, limit=LONG_SECONDS)

    def start_load(self, path: str, *, bandwidth: int | None = None, verify: bool = False) -> None:
        """Start Alluxio's own load job of a file or directory, or update the one that runs.

        `bandwidth` is in bytes a second for each worker. Raises Exhausted when too many jobs run.
        """
        body = load_request(addressable(path), bandwidth=bandwidth, verify=verify)
        self._call("submitJob", pb.SubmitJobRequest(request_body=body), pb.SubmitJobResponse)

    def load_progress(self, path: str, *, failures: bool = False) -> LoadProgress:
        """Return the progress of the load job of `path`, on request with failed files. PathNotFound without a job."""
        request = pb.GetJobProgressRequest(
            job_description=_load_of(path), options=pb.JobProgressOptions(format=pb.JSON, verbose=failures)
        )
        reply = self._call("GetJobProgress", request, pb.GetJobProgressResponse)
        return LoadProgress.of_report(reply.progress_report)

    def stop_load(self, path: str) -> bool:
        """Stop the load job of `path`. Return False if none ran. It finishes the blocks in flight within a second."""
        request = pb.StopJobRequest(job_description=_load_of(path))
        return self._call("StopJob", request, pb.StopJobResponse).job_stopped

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._primary.close()

    def _call(self, method: str, request: Message, reply: type[M], *, limit: float | None = None) -> M:
        return self._primary.call(method, request, reply, limit or SHORT_SECONDS, self._settings.patience)


def _load_of(path: str) -> pb.JobDescription:
    return pb.JobDescription(type="load", path=addressable(path))
