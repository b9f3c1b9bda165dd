"""The files that a job leaves as they are: counted at the check, and told in words with what to do.

Runs in the job process. Pure.
"""

from collections import Counter

from avio.engines.base import Entry, EntryState
from avio.executor.verdict import BothChanged
from avio.undecoded import readable
from avio.wire.progress import ErrorGroup


class Kept:
    """The files that stay as they are, and those of them that changed on both sides."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        self.conflicts = ErrorGroup(BothChanged.reason, hint=BothChanged.cure)
        self._spared = 0
        self._by_state: Counter[EntryState] = Counter()

    def add(self, entry: Entry, *, spared: bool) -> None:
        """Count one. `spared`: the job was to keep both."""
        self.files += 1
        self.bytes += entry.size or 0
        if spared:
            self._spared += 1
            return
        self._by_state[entry.state] += 1
        if entry.state is EntryState.CONFLICT:
            self.conflicts.add(readable(entry.path))

    def in_words(self, overwrite: str) -> str:
        """Return how many files a save kept for what, and what to do; empty if it kept none. Pure."""
        gone, stale = self._by_state[EntryState.GONE], self._by_state[EntryState.STALE]
        parts = (
            f"{gone} deleted in the bucket ({_gone_cure(gone)})" if gone else "",
            f"{stale} older than in the bucket (a preload brings the new version)" if stale else "",
            f"{self._spared} spared by overwrite={overwrite}" if self._spared else "",
        )
        said = ", ".join(filter(None, parts))
        return f"kept: {said}" if said else ""


def _gone_cure(files: int) -> str:
    copies, them = ("copy", "it") if files == 1 else ("copies", "them")
    return f"touch the cached {copies} and save again to have {them} there, or drop {them} by POST /free"
