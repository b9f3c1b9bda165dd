"""What a person should know of a plan before the job is ordered: counted while it is listed, told at the end.

Runs in the job process. Pure.
"""

from avio.engines.base import Entry
from avio.errors import EngineError, NotSaved, Unsaved
from avio.executor.verdict import BothChanged
from avio.terminal.cells import size
from avio.undecoded import readable
from avio.wire.paths import shown_path
from avio.wire.plans import Notice, Plan

MANY_FILES = 100_000  # from which on small files are worth a word
SMALL_BYTES = 128 << 10  # of a file on average: below this the number of files decides about the time


class Notices:
    """The notices of `plan`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._archived = 0
        self._failing: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, reason: str, message: str) -> None:
        """Add one."""
        self._plan.warnings.append(Notice(reason, readable(message)))

    def add_error(self, error: EngineError) -> None:
        """Add one that an error tells, with its cure."""
        self.add(error.reason, f"{error.message}; {error.cure}" if error.cure else error.message)

    def archived(self, path: str) -> None:
        """Count an object that has to be restored before it can be read."""
        self._archived += 1
        self._first.setdefault("ARCHIVED", shown_path(path))

    def failing(self, entry: Entry, error: EngineError | None) -> None:
        """Count a file that the job could not move. Without an error its object is in the way."""
        reason = NotSaved.reason if error is None else error.reason
        self._failing[reason] = self._failing.get(reason, 0) + 1
        self._first.setdefault(reason, shown_path(entry.path) if error is None else str(error))

    def end(self, *, is_load: bool) -> None:
        """Add what was counted."""
        plan = self._plan
        for reason, number in sorted(self._failing.items()):
            self.add(reason, f"{_files(number)} would fail, first {self._first[reason]}")
        if is_load and plan.files_conflict:
            what = f"{_files(plan.files_conflict)} changed in bucket and cache: they stay, and the job ends as partial"
            self.add(BothChanged.reason, what)
        if is_load and plan.files_dirty:
            self.add(Unsaved.reason, f"{_files(plan.files_dirty)} not saved to the bucket: they stay as they are")
        if plan.fits and plan.evicts:
            self.add("GIVES_WAY", f"{size(plan.evicts)} of other files would be dropped from the cache")
        if self._archived:
            what = (
                f"{_files(self._archived)} archived, first {self._first['ARCHIVED']}: restore them in the bucket first"
            )
            self.add("ARCHIVED", what)
        if plan.files_to_move >= MANY_FILES and plan.bytes_to_move < SMALL_BYTES * plan.files_to_move:
            average = size(plan.bytes_to_move / plan.files_to_move)
            what = f"{_files(plan.files_to_move)} of {average} on average: pack them into larger ones to load faster"
            self.add("MANY_SMALL_FILES", what)


def _files(number: int) -> str:
    return f"{number:,} file{'' if number == 1 else 's'}"
