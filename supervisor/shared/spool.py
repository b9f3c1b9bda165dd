"""The spool of a node: a private directory for each attempt, named `<job>.<attempt>`.

keeper makes and removes them; intake reads what attempts leave in them.
"""

import os
import shutil
from pathlib import Path

from avio.plain_file import NotPlain, open_plain, open_without_links
from supervisor.shared.kept_listings import KeptListings

KEPT_FILES = 4  # of an attempt's log, with the one that is being written


class Spool:
    """The attempt directories of one node, in the directory `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.kept = KeptListings(self.root)
        self.looks = self.root / "looks" / "newest"  # at the cache, for all jobs
        self.keeps = self.root / "looks" / "keeps"  # of all users, for all jobs

    def directory(self, job: str, attempt: int) -> Path:
        """Return the directory of an attempt; it may not exist."""
        return self.root / f"{job}.{attempt}"

    def make(self, job: str, attempt: int, owner: tuple[int, int] | None = None) -> Path:
        """Make an attempt's directory, readable by its owner alone; root gives it to `owner` (uid, gid)."""
        directory = self.directory(job, attempt)
        directory.mkdir(mode=0o700, exist_ok=True)
        if owner is not None and os.geteuid() == 0:
            os.chown(directory, *owner)
        return directory

    def begin(self, job: str, attempt: int, owner: tuple[int, int] | None = None) -> Path:
        """Make an attempt's directory as `make` does, with what an earlier attempt on this node has listed."""
        directory = self.make(job, attempt, owner)
        self.kept.hand_over(job, directory)
        return directory

    def make_looks(self) -> None:
        """Make the directory of looks and keeps, which all jobs may read and none may write to. Remove earlier ones."""
        directory = self.looks.parent
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o755)  # whatever the umask
        self.looks.unlink(missing_ok=True)
        self.keeps.unlink(missing_ok=True)

    def remove(self, job: str, attempt: int, *, goes_on: bool = False) -> None:
        """Remove an attempt's directory and its content; if the job `goes_on`, keep what it has listed."""
        if goes_on:
            self.kept.keep(job, self.directory(job, attempt))
        shutil.rmtree(self.directory(job, attempt), ignore_errors=True)

    def free(self) -> int:
        """Return the free bytes of its disk; 0 if it can hold no further file."""
        disk = os.statvfs(self.root)
        if disk.f_files and not disk.f_favail:
            return 0
        return disk.f_bavail * disk.f_frsize

    def found(self) -> list[tuple[str, int]]:
        """Return the attempts that have a directory here."""
        attempts = []
        for entry in self.root.iterdir():
            job, dot, number = entry.name.rpartition(".")
            if dot and number.isdigit() and entry.is_dir():
                attempts.append((job, int(number)))
        return attempts


def make_spool(root: Path, *, entered: bool = False) -> Spool:
    """Return the spool at `root`. What is missing is made, closed to other users; with `entered`, they may enter it.

    Called by keeper alone, which knows whose processes enter it.
    """
    spool = Spool(root)
    for directory in (spool.root.parent, spool.root):
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if entered:
                directory.chmod(0o711)  # whatever the umask
    return spool


def note_removed(log: Path, count: int) -> None:
    """Note beside a log how many bytes of it are gone with its oldest files."""
    note = log.with_name(f"removed.{log.name}")
    new = log.with_name(f"{note.name}.new")
    new.unlink(missing_ok=True)  # the job owns the directory: either name may be a link to somebody else's file
    fd = open_plain(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(fd, b"%d" % count)
    finally:
        os.close(fd)
    new.replace(note)


def removed(log: Path) -> int:
    """Return the bytes of a log that are gone, by the note beside it; 0 if there is none."""
    try:
        fd = open_without_links(log.with_name(f"removed.{log.name}"), os.O_RDONLY)
    except (FileNotFoundError, NotPlain):
        return 0
    try:
        return int(os.read(fd, 32) or 0)
    except ValueError:  # a disk that was full
        return 0
    finally:
        os.close(fd)


def rotated(file: Path, number: int) -> Path:
    """Return the name of the `number`-th older log file."""
    return file.with_name(f"{file.name}.{number}")
