"""The way round to save, where the master's gRPC is closed: a persist job of the job service, then the flag.

Used in the job process. The flag alone would lose the data: it is set only after the job has copied the bytes of
a file that did not change meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avio.engines.alluxio.bysaving import TRIES, Saver
from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.engines.alluxio.locks import locked
from avio.engines.alluxio.lookup import one
from avio.engines.alluxio.proxy import Proxy
from avio.engines.alluxio.savable import conflict, must_be_savable
from avio.engines.alluxio.status import Persistence, Status
from avio.errors import EngineAway, EngineError, PathNotFound, Scope

log = logging.getLogger(__name__)


class SaveByJobs(Saver):
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
        """Start the copy of `path` unless it is saved; one that somebody else scheduled is only followed.

        One that begins twice does no harm: the object is not overwritten, and compared.
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
        """Return how the files stand; a copy that completed is flagged on the way."""
        return {path: self._status(path) for path in paths}

    def check(self, status: Status) -> EngineError | None:
        """Find nothing wrong: the job fails if bytes don't arrive, and a forced look would drop the cached copy."""
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
        """Tell it of the persists that others began; our own are looked at one by one."""
        return path not in self._copies and super().has_failed(path)

    def why(self, path: str) -> str:
        """Return why the copy of `path` failed."""
        copy = self._copies.get(path)
        return (copy and copy.reason) or super().why(path)

    def _status(self, path: str) -> Status | None:
        copy = self._copies.get(path)
        if copy is None:
            return one(self._proxy, path)
        if copy.job is None:
            return self._begin_again(copy, "the job master did not say whether it takes the copy")
        try:
            state = self._jobs.status(copy.job)
        except PathNotFound:
            return self._begin_again(copy, "the job master forgot the copy when it was restarted")
        except EngineAway as error:
            log.warning("the copy of %s can't be looked at: %s", path, error)
            return copy.under_way()
        if not state.state.ended:
            return copy.under_way()
        if state.state is not JobState.COMPLETED and not self._is_there(copy, state.message):
            if copy.conflict is not None:
                return copy.failed(state.message)
            return self._begin_again(copy, state.message)
        now = one(self._proxy, path)
        if now is None or now.persistence is Persistence.PERSISTED:
            return now
        if now.changed_since(copy.before):
            return copy.failed("the file changed while it was copied")
        self._proxy.mark_persisted(path)
        return one(self._proxy, path)

    def _begin_again(self, copy: "Copy", reason: str) -> Status:
        """Start a copy once more that failed or was forgotten, when there is a job worker for it."""
        path = copy.before.path
        self.turns.lost(path)
        if not self._jobs.worker_hosts() or not self.turns.may_begin(copy.before):
            return copy.under_way()
        copy.failures += 1
        if copy.failures >= TRIES:
            return copy.failed(reason)
        log.warning("the copy of %s is started again: %s", path, reason)
        try:
            found = self.begin(path)
        except EngineError as error:
            if error.scope is Scope.JOB:
                raise
            return copy.failed(str(error))
        return found if found.persistence is Persistence.PERSISTED else copy.under_way()

    def _is_there(self, copy: "Copy", message: str) -> bool:
        """Tell whether the copy failed since its bytes are there: an attempt died between copy and flag."""
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
    """The copy of a file as it was `before`. `job` is None where it may have begun or not."""

    before: Status
    job: int | None = None
    failures: int = 0
    reason: str = ""  # of the last failure
    conflict: EngineError | None = None  # another object lies in its place

    def under_way(self) -> Status:
        """Return the file as one that is being saved."""
        return self.before._replace(persistence=Persistence.TO_BE_PERSISTED)

    def failed(self, reason: str) -> Status:
        """Return the file as one that is not saved, and keep the reason."""
        self.reason = reason
        return self.before._replace(persistence=Persistence.NOT_PERSISTED)
