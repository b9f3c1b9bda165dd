"""Which file system a directory is on, and whether that is in memory: a restart empties it.

Used by admin, intake and web.
"""

from pathlib import Path

_TYPES = ("tmpfs", "ramfs")
_MOUNTS = Path("/proc/self/mountinfo")


def in_memory(path: Path) -> bool:
    """Return True if `path`, which may be missing, is below a file system in memory."""
    return file_system(path) in _TYPES


def file_system(path: Path) -> str:
    """Return the type of the file system of `path`, which may be missing, such as `ext4`."""
    best, kind = "", ""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        place = before.split(" ")[4].encode().decode("unicode_escape")
        if len(place) >= len(best) and path.absolute().is_relative_to(place):
            best, kind = place, after.split(" ")[0]
    return kind
