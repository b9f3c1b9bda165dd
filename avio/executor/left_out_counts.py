"""Counts the files that an attempt leaves out, by reason. Those that the order does not excuse are errors.

Runs in the job process. The caller has a lock.
"""

from avio.undecoded import readable
from avio.wire.progress import ErrorGroup


class LeftOutCounts:
    """The counts of one attempt. `errors` are the groups of files that are not excused, `unexcused` their number."""

    def __init__(self) -> None:
        self.by_reason: dict[str, int] = {}
        self.errors: dict[str, ErrorGroup] = {}
        self.unexcused = 0

    def add(self, path: str, reason: str, hint: str, *, excused: bool) -> None:
        """Count a file."""
        self.by_reason[reason] = self.by_reason.get(reason, 0) + 1
        if not excused:
            self.unexcused += 1
            self.errors.setdefault(reason, ErrorGroup(reason, hint=hint)).add(readable(path))
