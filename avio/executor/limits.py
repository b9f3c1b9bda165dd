"""How much of what an order names it takes: counts what its filter excludes, and ends the listing at its limits.

Runs in the job process, in the lister's thread.
"""

from avio.executor.seen import Seen
from avio.executor.work import Work


class Limits:
    """The limits of one order, over all its listings, and what they excluded."""

    def __init__(self, work: Work) -> None:
        self._attempt, self._params = work.attempt, work.order.params
        self._file = work.directory / "seen.excluded"
        self._seen: Seen | None = None  # made by the first one: most jobs exclude nothing
        self._once = self._files = self._bytes = 0
        self.excluded = 0
        self.reached = ""

    def begin(self) -> None:
        """Begin a listing from the beginning. What it excludes counts once, whatever listings before met it."""
        self.excluded = 0

    def exclude(self) -> None:
        """Count a file that the filter excludes, and no listing meets again."""
        self._attempt.checked()
        self.excluded += 1

    def exclude_once(self, path: str) -> None:
        """Count a file that the filter excludes, unless it was met before."""
        self._attempt.checked()
        self._seen = self._seen or Seen(self._file)
        self._once += self._seen.add(path)

    def admit(self, size: int) -> bool:
        """Count a file of `size` bytes and return True if the order still takes it; False ends the listing."""
        files, total, params = self._files + 1, self._bytes + size, self._params
        if params.max_files is not None and files > params.max_files:
            self.reached = f"maxFiles={params.max_files}"
        elif params.max_bytes is not None and total > params.max_bytes:
            self.reached = f"maxBytes={params.max_bytes}"
        else:
            self.count(size)
        return not self.reached

    def count(self, size: int) -> None:
        """Count a file of `size` bytes that the order takes."""
        self._files, self._bytes = self._files + 1, self._bytes + size

    @property
    def cure(self) -> str | None:
        """What to do if the order takes no file because of its limits; None if they are not why."""
        if self.reached:
            return f"raise {self.reached.partition('=')[0]}, since the first file is larger"
        return "correct params.filters, minSize, maxSize, newerThan or olderThan" if self.excluded_files else None

    def in_words(self) -> str:
        """Return such as `12 files excluded by filters; the listing ended at maxFiles=10`; empty if all was taken."""
        number = self.excluded_files
        files = f"{number} file{'' if number == 1 else 's'}"
        excluded = f"{files} excluded by filters" if number else ""
        reached = f"the listing ended at {self.reached}" if self.reached else ""
        return "; ".join(filter(None, (excluded, reached)))

    @property
    def excluded_files(self) -> int:
        """How many files the filter excluded."""
        return self.excluded + self._once
