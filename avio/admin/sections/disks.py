"""Looks at the directories of a node: can files be written, renamed, stamped, and is there room."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from avio.config import Settings
from avio.engines.local.root import HIDDEN
from avio.findings import Finding, fault, good, warning

# Below this share of free bytes a disk is as good as full.
LEAST_FREE = 0.05

_STAMP = "user.avio.check"


def look_at_tiers(settings: Settings) -> Iterator[Finding]:
    """Yield for each tier whether files can be written and renamed there, carry their stamps, and have room."""
    if not settings.tiers and settings.engine == "local":
        yield warning("tiers", "there is none, so nothing can be preloaded", "add [[tiers]] to avio.toml")
    for tier in settings.tiers:
        subject, directory = f"tier {tier.alias}", tier.path
        if not directory.is_dir():
            yield fault(subject, f"{directory} is not there", f"mount its disk, or mkdir -p {directory}")
            continue
        yield _written(subject, directory, stamped=True)
        yield from _one_file_system(subject, directory)
        yield from _room(subject, directory, int(tier.capacity))


def look_at_spool(settings: Settings) -> Iterator[Finding]:
    """Yield whether attempts can have their directories below the spool."""
    directory = (settings.spool / settings.node).absolute()
    there = next(above for above in (directory, *directory.parents) if above.exists())
    if not there.is_dir():
        yield fault("spool", f"{there} is no directory", "correct spool, or remove the file")
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
                        f"{directory} has no user xattrs ({error.strerror}): freshness goes by size and time alone",
                        "use a file system that has them: ext4, xfs, or tmpfs of Linux 6.6",
                    )
    except OSError as error:
        return fault(
            subject, f"{directory} can't be written to: {error.strerror}", "give the supervisor's user the right to it"
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
    if whole and capacity > whole:
        yield warning(
            subject, f"its capacity is {capacity:,} bytes, its disk has {whole:,}", "set capacity to what is there"
        )
