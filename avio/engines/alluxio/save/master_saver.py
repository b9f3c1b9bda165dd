"""The first of two savers: the master schedules the persist itself, by gRPC. `ways.choose_saver` chooses.

Used in the job process.
"""

from collections.abc import Sequence

from avio.engines.alluxio.clients.job_master import JobMaster
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.save.locks import locked
from avio.engines.alluxio.save.saver import Saver
from avio.engines.alluxio.view.lookup import Lookup
from avio.engines.alluxio.view.savable import must_be_savable
from avio.engines.alluxio.view.ufs_reader import UfsReader
from avio.errors import Corrupt, EngineAway, EngineError, Gone


class MasterSaver(Saver):
    """Calls ScheduleAsyncPersistence once for a file, never for a persisted or scheduled one."""

    name = "the master's persist"

    def __init__(self, master: Master, lookup: Lookup, ufs_reader: UfsReader, jobs: JobMaster, cluster: str) -> None:
        super().__init__(jobs)
        self._master = master
        self._lookup = lookup
        self._ufs_reader = ufs_reader
        self._cluster = cluster

    def begin(self, path: str) -> Status:
        """Schedule `path` unless it is saved or scheduled."""
        with locked(self._cluster, path):
            status = self._master.status(path)
            if status.persistence in (Persistence.PERSISTED, Persistence.TO_BE_PERSISTED):
                return status
            must_be_savable(status)
            self._ufs_reader.must_be_free(status)
            try:
                self._master.persist(path)
            except EngineAway:
                # The master may have received it anyway.
                if self._master.status(path).persistence is Persistence.NOT_PERSISTED:
                    raise
            return status

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return the statuses of the files."""
        return self._lookup.statuses(paths)

    def check(self, status: Status) -> EngineError | None:
        """Make the master compare the file with its object. Return an error if it is missing or has another size."""
        try:
            now = self._master.status(status.path, sync=True)
        except EngineError as error:
            return Gone(f"{status.path} was saved, and its object is not in the bucket: {error}")
        if now.length != status.length:
            return Corrupt(f"{status.path} has {status.length} bytes, its object {now.length}")
        return None
