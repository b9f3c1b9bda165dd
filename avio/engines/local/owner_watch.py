"""Finds attempts that have claims on files and do nothing: by their temporary files, which any process can see.

Used in the job process that waits for them.
"""

import os
import time

from avio.engines.local.root import HIDDEN
from avio.engines.local.tiers import Tiers

# Without a sign of an owner for so long, others move its files. An fsync of a very large file may take minutes.
PATIENCE_SECONDS = 300.0

Sign = tuple[int, ...]  # changes while files come


class OwnerWatch:
    """The owners that this process has met."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers
        self._seen: dict[str, tuple[Sign, float]] = {}

    def is_stuck(self, name: str) -> bool:
        """Return True if the attempt `name` has shown no progress for PATIENCE_SECONDS. Call it again and again."""
        sign, now = self._sign(name), time.monotonic()
        before, since = self._seen.get(name, (None, now))
        if sign != before:
            self._seen[name] = sign, now
            return False
        return now - since >= PATIENCE_SECONDS

    def _sign(self, name: str) -> Sign:
        sign: list[int] = []
        for tier in self._tiers.own:
            try:
                fd = tier.root.open(f"{HIDDEN}/{name}", os.O_RDONLY | os.O_DIRECTORY)
            except OSError:
                continue
            try:
                sign += _sign_of(fd)
            finally:
                os.close(fd)
        return tuple(sign)


def _sign_of(directory: int) -> Sign:
    """Return numbers that change with each file that comes, grows or goes."""
    files = size = newest = 0
    try:
        with os.scandir(directory) as found:
            for each in found:
                status = each.stat(follow_symlinks=False)
                files, size, newest = files + 1, size + status.st_blocks, max(newest, status.st_mtime_ns)
    except OSError:  # a file has got its name meanwhile, for example
        pass
    return files, size, newest, os.fstat(directory).st_mtime_ns
