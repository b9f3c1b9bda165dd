"""Which paths somebody keeps in the cache, by the file that intake writes for all jobs of the node each second.

Used in the job process, by whatever drops files to make room. Without a file that is new enough all
counts as kept: nothing is dropped that somebody may keep.
"""

import threading
from pathlib import Path

from avio.clock import boottime
from avio.wire.keeps import FRESH_SECONDS, OpenKeep, OpenKeeps
from avio.wire.paths import ancestors, shown_path

READ_SECONDS = 1.0  # between two reads of the file

UNKNOWN = OpenKeep("/", -1, "an unknown user")  # in place of keeps that can't be read


class KeptPaths:
    """The open keeps of all users, at most FRESH_SECONDS old. Safe to use from several threads."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._read = self._looked = float("-inf")
        self._by_path: dict[str, tuple[OpenKeep, ...]] = {}

    def keep_of(self, path: str) -> OpenKeep | None:
        """Return a keep that holds the file or directory at `path`, or None. Ask right before each drop.

        UNKNOWN holds all while nobody tells what is kept. Of what lies below a directory it tells nothing.
        """
        with self._lock:
            at = boottime()
            if not self._is_fresh(at):
                return UNKNOWN
            if not self._by_path:
                return None
            for each in ancestors(path):
                for keep in self._by_path.get(shown_path(each), ()):
                    if keep.ends is None or keep.ends > at:
                        return keep
        return None

    def _is_fresh(self, at: float) -> bool:
        """Read the file again if that is due. Return False if what was read last is too old."""
        if at - self._looked >= READ_SECONDS:
            self._looked = at
            self._load()
        return at - self._read < FRESH_SECONDS

    def _load(self) -> None:
        """Read the file. One that is missing or of another form changes nothing: what was read becomes too old."""
        if self._file is None:
            return
        try:
            found = OpenKeeps.from_json(self._file.read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            return
        by_path: dict[str, tuple[OpenKeep, ...]] = {}
        for keep in found.keeps:
            by_path[keep.path] = (*by_path.get(keep.path, ()), keep)
        self._by_path, self._read = by_path, found.read
