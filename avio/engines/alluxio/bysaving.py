"""The ways in which a file gets from the cache into its bucket, as a save sees them.

Used in the job process.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from avio.engines.alluxio.failedjobs import FailedJobs
from avio.engines.alluxio.jobmaster import JobMaster, JobState
from avio.engines.alluxio.savable import NotPersisted
from avio.engines.alluxio.status import Status
from avio.engines.alluxio.turns import Turns
from avio.errors import EngineError

TRIES = 3  # persists of a file: after one that failed, as with its job worker, the master begins another


class Saver(ABC):
    """One way. What is about a single file is safe to call from several threads. `turns` say who may begin."""

    name: str

    def __init__(self, jobs: JobMaster) -> None:
        self._jobs = jobs
        self._failed_jobs = FailedJobs(jobs)
        self.turns = Turns()

    def open(self) -> None:
        """Begin: what has failed before is not of this attempt."""
        self._failed_jobs.begin()

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
        self._failed_jobs.forget(path)

    def given_up(self, path: str) -> EngineError:
        """Return the error of a file whose persist ended without success."""
        return NotPersisted(f"Alluxio gave {path} up: {self.why(path)}", cure="see the reason, then retry")

    def ask_why(self, paths: Collection[str]) -> None:
        """Learn which persists of `paths`, all that are under way, have failed."""
        self._failed_jobs.look(paths)

    def why(self, path: str) -> str:
        """Return why the last persist of `path` failed, as far as it was asked; safe to call from several threads."""
        return self._failed_jobs.of(path).reason or self.health()

    def has_failed(self, path: str) -> bool:
        """Tell whether the persist of a file failed so often that another would, too."""
        return self._failed_jobs.of(path).times >= TRIES

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
