"""What a walk of directories leaves out, and why: symlinks, special files, what may not be read, too long paths.

Used in web and the job process. Opens nothing but the targets of symlinks.
"""

import os
import stat
from collections.abc import Callable, Sequence

from avio.engines.left_out import NameNotHeld, PathTooLong, SpecialFile, Symlink, Unreadable
from avio.engines.local.root import HIDDEN, Root
from avio.errors import EngineError
from avio.wire.paths import MAX_PATH_BYTES

# Device and inode.
Identity = tuple[int, int]

_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}

# A path whose directory has fewer bytes than this can't become too long by one more name.
_SHORT_BYTES = MAX_PATH_BYTES - 256


def unreadable() -> Unreadable:
    """Return the error of a directory or file that avio may not read."""
    return Unreadable("avio may not read it")


def own_name() -> NameNotHeld:
    """Return the error of what has the name of avio's own directory, where that is not."""
    return NameNotHeld(f"it has the name of avio's own directory, {HIDDEN}")


def too_long(directory: str, name: str) -> PathTooLong | None:
    """Return the error if the path of `name` in `directory` is too long for the calls of the kernel."""
    if len(directory) * 4 < _SHORT_BYTES or len(os.fsencode(directory + name)) < MAX_PATH_BYTES:
        return None
    return PathTooLong(f"the path has more than {MAX_PATH_BYTES} bytes")


def entry_refusal(
    root: Root, path: str, status: os.stat_result, accepts: Callable[[str], bool], *, follow: bool
) -> SpecialFile | Symlink | os.stat_result:
    """Return why what is not a plain file is left out, or the stat of the file that a symlink leads to."""
    if not stat.S_ISLNK(status.st_mode):
        return SpecialFile(f"it is {_KINDS.get(stat.S_IFMT(status.st_mode), 'a special file')}")
    if not follow:
        return Symlink("it is a symlink")
    target = root.target(path)
    if target is None or not stat.S_ISREG(target.st_mode) or not accepts(path):
        return Symlink("it is a symlink that leads to no file inside its mount")
    return target


def directory_refusal(path: str, identity: Identity, above: Sequence[Identity], *, follow: bool) -> EngineError | None:
    """Return why a directory is not walked: its path is too long, or a symlink leads back to one above it."""
    if (error := too_long(path, "")) is not None:
        return error
    if follow and identity in above:
        return Symlink("it is a symlink that leads back to a directory above it")
    return None
