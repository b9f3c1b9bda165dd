"""The ways in which a file gets from the cache into its bucket, as a save sees them.

Used in the job process.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.engines.alluxio.savable import NotPersisted
from avio.engines.alluxio.status import Status
from avio.engines.alluxio.turns import Turns
from avio.errors import EngineError

RECENT = 200  # failed persists, newest first, that are looked at for a reason


class Saver(ABC):
    """One way. `begin` is safe to call from several threads, the rest is for one. `turns` say who may begin."""

    name: str

    def __init__(self, jobs: JobMaster) -> None:
        self._jobs = jobs
        self.turns = Turns()

    @abstractmethod
    def begin(self, path: str) -> Status:
        """Look at a file under its lock, and begin to save it unless it is saved or under way; return what was found.

        Raises what stands in the way.
        """

    @abstractmethod
    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        """Return how files that are under way stand: TO_BE_PERSISTED until they ended."""

    @abstractmethod
    def check(self, status: Status) -> EngineError | None:
        """Return what is wrong with a file that is said to be saved, after a look into the bucket."""

    def ended(self, path: str) -> None:
        """Forget a file that is under way no longer: the last that is said of it."""
        self.turns.ended(path)

    def given_up(self, path: str) -> EngineError:
        """Return the error of a file whose persist ended without success."""
        return NotPersisted(f"Alluxio gave {path} up: {self.why(path)}", cure="see the reason, then retry")

    def why(self, path: str) -> str:
        """Return why the last persist of `path` failed."""
        return self.failures({path}).get(path) or self.health()

    def failures(self, paths: Collection[str]) -> dict[str, str]:
        """Return the reasons of those `paths` whose persist failed of late."""
        found: dict[str, str] = {}
        try:
            for job in reversed(self._jobs.find("Persist", [JobState.FAILED])[-RECENT:]):
                status = self._jobs.status(job)
                for path in paths:
                    if path in status.paths and path not in found:
                        found[path] = f"its persist job failed: {status.message}"
        except EngineError:
            return found
        return found

    def is_at_work(self) -> bool:
        """Tell whether the job service copies any file: those that wait, or take long themselves, are not stuck."""
        try:
            return bool(self._jobs.find("Persist", [JobState.CREATED, JobState.RUNNING]))
        except EngineError:
            return False

    def health(self) -> str:
        """Return what may be wrong where no persist has failed."""
        try:
            if not self._jobs.worker_hosts():
                return "no job worker runs, so that nothing is ever persisted"
        except EngineError as error:
            return f"the job master does not answer, so that nothing is persisted: {error}"
        return "the job service has not said why"
