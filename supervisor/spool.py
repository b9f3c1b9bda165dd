"""The spool of a node: a private directory for each attempt, named `<job>.<attempt>`.

Used by keeper (makes and removes them) and intake (reads what is left in them).
"""

import os
import shutil
from pathlib import Path


class Spool:
    """The attempt directories of one node."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.root.mkdir(parents=True, exist_ok=True)

    def directory(self, job: str, attempt: int) -> Path:
        """Return where an attempt lives; it need not exist."""
        return self.root / f"{job}.{attempt}"

    def make(self, job: str, attempt: int, owner: tuple[int, int] | None = None) -> Path:
        """Make an attempt's directory, for its owner alone: `owner` (uid, gid) where only root is the caller."""
        directory = self.directory(job, attempt)
        directory.mkdir(mode=0o700, exist_ok=True)
        if owner is not None and os.geteuid() == 0:
            os.chown(directory, *owner)
        return directory

    def remove(self, job: str, attempt: int) -> None:
        """Remove an attempt's directory and all in it."""
        shutil.rmtree(self.directory(job, attempt), ignore_errors=True)

    def free(self) -> int:
        """Return the bytes that are free on its disk."""
        disk = os.statvfs(self.root)
        return disk.f_bavail * disk.f_frsize

    def found(self) -> list[tuple[str, int]]:
        """Return the attempts that have a directory here."""
        attempts = []
        for entry in self.root.iterdir():
            job, dot, number = entry.name.rpartition(".")
            if dot and number.isdigit() and entry.is_dir():
                attempts.append((job, int(number)))
        return attempts
