"""Which directories are in the memory of the machine, so that a restart empties them. Used by admin, intake and web."""

from pathlib import Path

_TYPES = ("tmpfs", "ramfs")
_MOUNTS = Path("/proc/self/mountinfo")


def in_memory(path: Path) -> bool:
    """Return True if `path`, which may be missing, is below a file system in memory."""
    best, kind = "", ""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        place = before.split(" ")[4].encode().decode("unicode_escape")
        if len(place) >= len(best) and path.absolute().is_relative_to(place):
            best, kind = place, after.split(" ")[0]
    return kind in _TYPES
