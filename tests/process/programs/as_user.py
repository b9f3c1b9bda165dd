"""Run as a program by root: `python -m tests.process.programs.as_user UID MODULE ...` runs MODULE as UID.

Works wherever Python and the checkout lie: a directory on the way to them that is closed to the user is covered, for
this program and its children alone, by an empty one that is open, with what is needed bound into it.
"""

import ctypes
import os
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def open_ways(places: set[Path]) -> None:
    """Make each of `places` reachable for everybody, in a mount namespace of this process's own."""
    behind: dict[Path, set[Path]] = defaultdict(set)
    for place in places:
        if (barrier := _closed(place)) is not None:
            behind[barrier].add(place)
    if not behind:
        return
    _check(_libc.unshare(CLONE_NEWNS))
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    for barrier, needed in behind.items():
        opened = {place: os.open(place, os.O_PATH) for place in needed}
        _mount("none", str(barrier), "tmpfs", 0, "mode=755")
        for place, fd in sorted(opened.items()):  # what lies in another of them is there already, and stays
            place.mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{fd}", str(place), None, MS_BIND | MS_REC)
            os.close(fd)


def _closed(place: Path) -> Path | None:
    """Return the topmost directory on the way to `place` that others may not enter."""
    return next((above for above in reversed(place.parents) if not above.stat().st_mode & 0o001), None)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    _check(_libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, data.encode()))


def _check(returned: int) -> None:
    if returned != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main() -> None:
    """Open the ways, become the user and go on as the module."""
    uid, module = int(sys.argv[1]), sys.argv[2:]
    open_ways({Path(path).resolve() for path in (ROOT, sys.prefix, sys.base_prefix)})
    os.chdir(ROOT)
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.execv(sys.executable, [sys.executable, "-m", *module])


def command(module: str, uid: int | None, *arguments: str) -> list[str]:
    """Return the command that runs `module` as the user `uid`; None is whoever runs it."""
    become = [] if uid is None else ["tests.process.programs.as_user", str(uid)]
    return [sys.executable, "-m", *become, module, *arguments]


if __name__ == "__main__":
    main()
