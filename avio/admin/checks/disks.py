"""Looks at the directories of a node: can files be written, renamed, stamped, and is there room."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from peewee import DatabaseError

from avio.config import Settings
from avio.db.connection import AWAY, borrow, open_database, shut
from avio.engines.local.memory_disks import in_memory
from avio.engines.local.root import HIDDEN
from avio.findings import Finding, fault, good, warning
from avio.rules.tiers import TierProblem, wrong_tiers
from avio.terminal.shell import shell_word

# Below this share of free bytes or inodes a disk is as good as full.
LEAST_FREE = 0.05

_STAMP = "user.avio.check"


def look_at_tiers(settings: Settings) -> Iterator[Finding]:
    """Yield for each tier whether files can be written and renamed there, carry their stamps, and have room."""
    if not settings.tiers and settings.engine == "local":
        yield warning("tiers", "none is configured, so nothing can be preloaded", "add [[tiers]] to avio.toml")
    wrong = _wrong_tiers(settings)
    for tier in settings.tiers:
        subject, directory = f"tier {tier.alias}", tier.path
        if tier.alias in wrong:
            yield fault(subject, wrong[tier.alias].message.removeprefix(f"{subject}: "), wrong[tier.alias].cure)
            continue
        if not directory.is_dir():
            make = f"mkdir -p -m 755 {shell_word(directory)}"
            cure = make if in_memory(directory) else f"mount its disk, or {make}"
            yield fault(subject, f"{directory} does not exist", cure)
            continue
        yield _written(subject, directory, stamped=True)
        yield from _one_file_system(subject, directory)
        yield from _room(subject, directory, int(tier.capacity))
    for alias in wrong.keys() - {tier.alias for tier in settings.tiers}:
        yield fault(f"tier {alias}", wrong[alias].message, wrong[alias].cure)


def _wrong_tiers(settings: Settings) -> dict[str, TierProblem]:
    """Return the tiers that are not those of the database; none if it does not answer, which has a finding already."""
    try:
        open_database(settings.database_url, connections=1, make=False)
        with borrow():
            return {each.alias: each for each in wrong_tiers(settings)}
    except (*AWAY, DatabaseError, ValueError, OSError):
        return {}
    finally:
        shut()


def look_at_spool(settings: Settings) -> Iterator[Finding]:
    """Yield whether attempts can have their directories below the spool."""
    directory = (settings.spool / settings.node).absolute()
    there = next(above for above in (directory, *directory.parents) if above.exists())
    if not there.is_dir():
        yield fault("spool", f"{there} is not a directory", "correct spool, or remove the file")
        return
    yield _written("spool", there, stamped=False)
    yield from _room("spool", there, 0)
    disk = os.statvfs(there)
    free = disk.f_bavail * disk.f_frsize
    if free < settings.spool_min_free:
        message = f"{free:,} bytes are free, spool_min_free asks for {settings.spool_min_free:,}: the node takes no job"
        yield fault("spool", message, "free some of its disk, or set spool_min_free")


def _written(subject: str, directory: Path, *, stamped: bool) -> Finding:
    """Write a file and, if asked, its stamp."""
    try:
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".avio-check-") as file:
            if stamped:
                try:
                    os.setxattr(file.fileno(), _STAMP, b"1")
                except OSError as error:
                    return warning(
                        subject,
                        f"{directory} takes no extended attributes ({error.strerror}): a changed object can't be told "
                        "from a changed copy, and saved files are recognised by size, time and ETag alone",
                        "use a file system with user attributes: ext4, xfs, or tmpfs since Linux 6.6",
                    )
    except OSError as error:
        return fault(
            subject, f"cannot write to {directory}: {error.strerror}", "give the supervisor's user write permission"
        )
    return good(subject, f"{directory} can be written to")


def _one_file_system(subject: str, directory: Path) -> Iterator[Finding]:
    """A finished file is renamed from the hidden directory of its tier: both must be on one file system."""
    hidden = directory / HIDDEN
    if hidden.is_symlink() or (hidden.exists() and hidden.stat().st_dev != directory.stat().st_dev):
        yield fault(subject, f"{hidden} is on another file system than the tier", f"unmount or remove {hidden}")
    real = f"{directory.resolve()}/"
    for place in _mount_points():
        if place.startswith(real) and not place.startswith(f"{real}{HIDDEN}"):
            yield fault(
                subject, f"{place} is another file system: no file can be renamed into it", "make it a tier of its own"
            )


def _mount_points() -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]


def _room(subject: str, directory: Path, capacity: int) -> Iterator[Finding]:
    disk = os.statvfs(directory)
    whole, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
    if whole and free < whole * LEAST_FREE:
        yield warning(subject, f"its disk is almost full: {free:,} of {whole:,} bytes are free", "free some of it")
    if disk.f_files and disk.f_favail < disk.f_files * LEAST_FREE:
        message = f"its disk is almost out of inodes: {disk.f_favail:,} of {disk.f_files:,} are free"
        yield warning(subject, message, "remove files there, or make its file system again with more inodes")
    if whole and capacity > whole:
        yield warning(subject, f"its capacity is {capacity:,} bytes, its disk has {whole:,}", "lower its capacity")
