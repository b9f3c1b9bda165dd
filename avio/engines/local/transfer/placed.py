"""The files that this process has put in place, so that the check at the end needs one look at each.

Used in the job process and in its movers. After the rename, each change of a file changes its ctime, or, in the same
tick of the kernel's clock, its mtime, which is the object's until then.
"""

from collections.abc import Sequence

from avio.engines.local.tiers import Copy

MAX_KEPT = 50_000  # files; about 300 bytes each


class Placed:
    """The files, each with its version and the copy as it was right after its rename."""

    def __init__(self) -> None:
        self._copies: dict[str, tuple[str, Copy]] = {}

    def add(self, path: str, token: str, copy: Copy) -> None:
        """Remember that `copy`, with its ctime and inode, is the version `token` of `path`."""
        if len(self._copies) < MAX_KEPT or path in self._copies:
            self._copies[path] = (token, copy)

    def changed(self, path: str, copy: Copy) -> bool:
        """Return True if this process has put a file in place there, and `copy` is not that file, unchanged."""
        found = self._copies.get(path)
        return found is not None and found[1] != copy

    def has(self, path: str, token: str, copies: Sequence[Copy]) -> bool:
        """Return True if the only one of `copies` is that version, unchanged."""
        return len(copies) == 1 and self._copies.get(path) == (token, copies[0])

    def get(self, path: str, token: str | None) -> Copy | None:
        """Return the copy that this process has put in place there, if it was the version `token`."""
        version, copy = self._copies.get(path, (None, None))
        return copy if version is not None and version == token else None
