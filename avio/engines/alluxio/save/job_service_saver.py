"""The fallback saver, if the master's gRPC is closed: a persist job of the job service, then the persisted flag.

Used in the job process. The flag alone would lose the data: it is set only after the job has copied the bytes of
a file that did not change meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avio.engines.alluxio.clients.job_master import JobMaster, JobState
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.save.locks import locked
from avio.engines.alluxio.save.saver import MAX_TRIES, Saver
from avio.engines.alluxio.view.lookup import find_file
from avio.engines.alluxio.view.savable import conflict, must_be_savable
from avio.errors import EngineAway, EngineError, PathNotFound, Scope

log = logging.getLogger(__name__)


class JobServiceSaver(Saver):
    """A PersistConfig for each file, without overwriting: an object that is there already makes it fail."""

    name = "the job service's persist"

    def __init__(self, proxy: Proxy, jobs: JobMaster, is_same: Callable[[Status], bool], cluster: str) -> None:
        super().__init__(jobs)
        self._proxy = proxy
        self._is_same = is_same
        self._cluster = cluster
        self._lock = threading.Lock()
        self._copies: dict[str, Copy] = {}

    def begin(self, path: str) -> Status:
        """Start the copy of `path` unless it is saved. Only follow a copy that another client scheduled.

        A repeated copy does no harm: it compares the object, and does not overwrite it.
        """
        with locked(self._cluster, path):
            status = self._proxy.status(path)
            if status.persistence in (Persistence.PERSISTED, Persistence.TO_BE_PERSISTED):
                return status
            must_be_savable(status)
            job: int | None = None
            try:
                job = self._jobs.persist(path, mount_id=status.mount_id, ufs_path=status.ufs_path)
            except EngineAway as error:
                log.warning("the copy of %s may have begun or not: %s", path, error)
            with self._lock:
                copy = self._copies.setdefault(path, Copy(status))
            copy.job, copy.before = job, status
            return status

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the statuses of the files. Set the flag of completed copies."""
        return {path: self._status(path) for path in paths}

    def check(self, status: Status) -> EngineError | None:
        """Return None: the job fails if bytes are missing, and a forced sync would drop the cached copy."""
        return None

    def ended(self, path: str) -> None:
        """Forget a file, and why its copy failed."""
        super().ended(path)
        self._copies.pop(path, None)

    def given_up(self, path: str) -> EngineError:
        """Return the error of a file whose copy ended without success."""
        copy = self._copies.get(path)
        return (copy and copy.conflict) or super().given_up(path)

    def has_failed(self, path: str) -> bool:
        """Return True if a persist by another client has failed. Our own are checked one by one."""
        return path not in self._copies and super().has_failed(path)

    def why(self, path: str) -> str:
        """Return why the copy of `path` failed."""
        copy = self._copies.get(path)
        return (copy and copy.reason) or super().why(path)

    def _status(self, path: str) -> Status | None:
        copy = self._copies.get(path)
        if copy is None:
            return find_file(self._proxy, path)
        if copy.job is None:
            return self._begin_again(copy, "the job master did not confirm the copy")
        try:
            state = self._jobs.status(copy.job)
        except PathNotFound:
            return self._begin_again(copy, "the job master forgot the copy when it was restarted")
        except EngineAway as error:
            log.warning("can't get the status of the copy of %s: %s", path, error)
            return copy.under_way()
        if not state.state.ended:
            return copy.under_way()
        if state.state is not JobState.COMPLETED and not self._is_there(copy, state.message):
            if copy.conflict is not None:
                return copy.failed(state.message)
            return self._begin_again(copy, state.message)
        now = find_file(self._proxy, path)
        if now is None or now.persistence is Persistence.PERSISTED:
            return now
        if now.changed_since(copy.before):
            return copy.failed("the file changed while it was copied")
        self._proxy.mark_persisted(path)
        return find_file(self._proxy, path)

    def _begin_again(self, copy: "Copy", reason: str) -> Status:
        """Start a failed or forgotten copy again, if there is a job worker for it."""
        path = copy.before.path
        self.gate.lost(path)
        if not self._jobs.worker_hosts() or not self.gate.may_begin(copy.before):
            return copy.under_way()
        copy.failures += 1
        if copy.failures >= MAX_TRIES:
            return copy.failed(reason)
        log.warning("starting the copy of %s again: %s", path, reason)
        try:
            found = self.begin(path)
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            return copy.failed(str(error))
        return found if found.persistence is Persistence.PERSISTED else copy.under_way()

    def _is_there(self, copy: "Copy", message: str) -> bool:
        """Return True if the copy failed because its bytes are in the bucket: an attempt died between copy and flag."""
        if "already persisted" not in message:
            return False
        try:
            if self._is_same(copy.before):
                return True
        except EngineError as error:
            log.warning("%s could not be compared with its object: %s", copy.before.path, error)
        copy.conflict = conflict(copy.before)
        return False


@dataclass(slots=True)
class Copy:
    """The copy of a file with status `before`. `job` is None if the copy may have begun or not."""

    before: Status
    job: int | None = None
    failures: int = 0
    reason: str = ""  # reason of the last failure
    conflict: EngineError | None = None  # another object is in its place

    def under_way(self) -> Status:
        """Return the status of a file that is being saved."""
        return self.before._replace(persistence=Persistence.TO_BE_PERSISTED)

    def failed(self, reason: str) -> Status:
        """Return the status of an unsaved file, and keep the reason."""
        self.reason = reason
        return self.before._replace(persistence=Persistence.NOT_PERSISTED)
