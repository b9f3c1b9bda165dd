"""The files that an attempt gives up or moves again: each is reported once, and too many of them end the job.

Runs in the job process. The lister's thread and the moving thread both add to it.
"""

from avio.engines.base import Entry
from avio.errors import CacheFull, EngineAway, EngineError, Scope
from avio.executor.attempt import Attempt
from avio.executor.reporter import Reporter

# A job with more failures than this, and more than this share of its files, is ended.
MAX_FAILED_FILES = 1000
MAX_FAILED_SHARE = 0.01

# Postponed files whose own error is kept; the others get the last one.
MAX_POSTPONED = 10_000


class TooManyFailures(EngineError):
    """Too many files failed, so the rest would probably fail too."""

    scope = Scope.JOB
    reason = "TOO_MANY_FAILURES"
    cure = "correct what the report names, then retry the job"


class FailedFiles:
    """The paths that were given up so far, and those that failed but may succeed later."""

    def __init__(self, attempt: Attempt, reporter: Reporter) -> None:
        self._attempt, self._reporter = attempt, reporter
        self._paths: set[str] = set()
        self._postponed: dict[str, tuple[EngineError, int]] = {}
        self._faulty = self._unfit = 0
        self._last: EngineError | None = None
        self.away: str | None = None

    def __bool__(self) -> bool:
        """Return True if a file was given up."""
        return bool(self._paths)

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def add(self, entry: Entry, error: Exception, tries: int = 1) -> None:
        """Give up `entry` because of `error` after `tries` tries; raises TooManyFailures."""
        if entry.path in self._paths:
            return
        self._paths.add(entry.path)
        self._reporter.failure(entry, error, tries)
        if isinstance(error, CacheFull):  # the order takes what fits: the number of the others says nothing
            self._unfit += 1
        else:
            self._check_number(entry.path, error, len(self._paths) - self._unfit)

    def postpone(self, entry: Entry, error: EngineError, tries: int) -> None:
        """Keep the `error` of an entry that is to be moved again, after `tries` more tries.

        Raises TooManyFailures, but never because the store is unavailable: that passes.
        """
        self._last = error
        _, before = self._postponed.get(entry.path, (error, 0))
        if before or len(self._postponed) < MAX_POSTPONED:
            self._postponed[entry.path] = error, before + tries
        if isinstance(error, EngineAway):
            self.away = entry.path
        elif not before:
            self._faulty += 1
            self._check_number(entry.path, error, len(self._paths) - self._unfit + self._faulty)

    @property
    def some_postponed(self) -> bool:
        """True if a file failed and was to be moved again."""
        return bool(self._postponed)

    def is_postponed(self, path: str) -> bool:
        """Return True if the file failed and was to be moved again."""
        return path in self._postponed

    def recover(self, path: str) -> int:
        """Return how many tries failed for a postponed file that has arrived now; 0 for any other file."""
        return self._postponed.pop(path, (None, 0))[1]

    def require_few(self, path: str, error: Exception, more: int) -> None:
        """Raise TooManyFailures if too many failed with `more` that can't be checked, `path` as the last."""
        self._check_number(path, error, len(self._paths) - self._unfit + more)

    def add_missing(self, entry: Entry, otherwise: EngineError) -> None:
        """Give up a file that is not in place at the end: with the error that postponed it, or `otherwise`."""
        error, tries = self._postponed.get(entry.path, (None, 1))
        if error is None and len(self._postponed) >= MAX_POSTPONED:
            error = self._last
        self.add(entry, error or otherwise, tries)

    def _check_number(self, path: str, error: Exception, failed: int) -> None:
        total = self._attempt.progress().counters.files_total
        if failed > MAX_FAILED_FILES and failed > MAX_FAILED_SHARE * total:
            raise TooManyFailures(f"{failed} files failed, last {path}: {error}")
