"""Whether other users can change what a tier holds: whoever can, decides what training reads.

Used by admin and intake, and in web and the job process. Raises OSError.
"""

import os
import stat
from collections.abc import Collection

from avio.errors import EngineError, Scope
from avio.terminal.shell import shell_word

_WRITE_OF_OTHERS = 0o022


class TierUnsafe(EngineError):
    """Other users could change what is cached: the directory of a tier is theirs, or they may write to it."""

    scope = Scope.JOB
    reason = "TIER_UNSAFE"
    status = 500  # trying again does not help: an admin must change the tier
    cure = "use a directory of root or of the user of avio that no other may write to; avio-server doctor says how"


def open_tier(path: str, owners: Collection[int], *, shared: bool) -> int:
    """Open the directory `path` of a tier.

    Raise TierUnsafe if it is a symlink, belongs neither to root nor to this process's user nor to one of `owners`
    (uids), or if its group or everybody may write to it. With `shared` all that is accepted.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    if shared:
        return os.open(path, flags)
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW)
    except NotADirectoryError:
        if os.path.islink(path):
            real = os.path.realpath(path)
            raise TierUnsafe(
                f"the tier directory {path} is a symlink",
                cure=f"name what it leads to in avio.toml: path = {real}; if it may change: {_SHARED}",
            ) from None
        raise
    try:
        _require_safe(os.fstat(fd), path, owners)
    except TierUnsafe:
        os.close(fd)
        raise
    return fd


def _require_safe(status: os.stat_result, path: str, owners: Collection[int]) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid not in (0, os.geteuid(), *owners):
        raise TierUnsafe(
            f"{path} belongs to another user (uid {status.st_uid})",
            cure=f"chown it to root, or to the user of avio; if that user may be trusted: {_SHARED}",
        )
    if mode & stat.S_ISVTX and mode & stat.S_IWOTH:  # as /tmp and /dev/shm: other programs need it as it is
        raise TierUnsafe(
            f"everybody may write to {path} (mode {mode:04o})",
            cure=f"give the tier a directory below it in avio.toml: path = {path}/avio; or {_SHARED}",
        )
    if mode & _WRITE_OF_OTHERS:
        raise TierUnsafe(
            f"other users may write to {path} (mode {mode:04o})",
            cure=f"chmod {mode & ~_WRITE_OF_OTHERS:o} {shell_word(path)}; if they may be trusted: {_SHARED}",
        )


_SHARED = "set shared = true for the tier in avio.toml"
