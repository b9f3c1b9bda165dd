"""The first way to save: the master schedules the persist itself, by gRPC.

Used in the job process.
"""

from collections.abc import Sequence

from avio.engines.alluxio.bucketlook import BucketLook
from avio.engines.alluxio.bysaving import Saver
from avio.engines.alluxio.jobmaster import JobMaster
from avio.engines.alluxio.locks import locked
from avio.engines.alluxio.lookup import Lookup
from avio.engines.alluxio.master import Master
from avio.engines.alluxio.savable import must_be_savable
from avio.engines.alluxio.status import Persistence, Status
from avio.errors import Corrupt, EngineAway, EngineError, Gone


class SaveByMaster(Saver):
    """ScheduleAsyncPersistence, once for a file and never for one that is persisted or on its way."""

    name = "the master's persist"

    def __init__(self, master: Master, lookup: Lookup, look: BucketLook, jobs: JobMaster, cluster: str) -> None:
        super().__init__(jobs)
        self._master = master
        self._lookup = lookup
        self._look = look
        self._cluster = cluster

    def begin(self, path: str) -> Status:
        """Schedule `path` unless it is saved or scheduled."""
        with locked(self._cluster, path):
            status = self._master.status(path)
            if status.persistence in (Persistence.PERSISTED, Persistence.TO_BE_PERSISTED):
                return status
            must_be_savable(status)
            self._look.must_be_free(status)
            try:
                self._master.persist(path)
            except EngineAway:
                # It may have been heard all the same.
                if self._master.status(path).persistence is Persistence.NOT_PERSISTED:
                    raise
            return status

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return how the files stand."""
        return self._lookup.statuses(paths)

    def check(self, status: Status) -> EngineError | None:
        """Have the master compare the file with its object: one that is missing or has another size is told."""
        try:
            now = self._master.status(status.path, sync=True)
        except EngineError as error:
            return Gone(f"{status.path} was saved, and its object is not in the bucket: {error}")
        if now.length != status.length:
            return Corrupt(f"{status.path} has {status.length} bytes, its object {now.length}")
        return None
