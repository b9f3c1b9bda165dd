"""Checks that the user of jobs can access all that they need. A Python in a closed home is the usual problem.

Used at the supervisor's start and by `avio-server doctor`. Looks in a forked child that becomes the user.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from avio.isolation.calls import Unavailable
from avio.isolation.reach import code
from avio.isolation.users import User, become
from avio.terminal.shell import shell_word

WORDS = {os.R_OK: "read", os.W_OK: "write to", os.X_OK: "enter"}

# The first few are enough: a user fixes them first.
MOST = 20
REPLY_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Denied:
    """`user` may not enter, read or write (`what`) the file or directory `place`, on the way to `wanted` or itself."""

    user: str
    what: str
    place: str
    wanted: str

    def __str__(self) -> str:
        on_the_way = "" if self.place == self.wanted else f", on the way to {self.wanted}"
        return f"{self.user} can't {self.what} {self.place}{on_the_way}"

    @property
    def cure(self) -> str:
        """Return the command that gives access."""
        place = shell_word(self.place)
        if self.what == "enter":
            return f"chmod o+x {place}, or move its content to a directory that everybody may enter, e.g. /opt"
        if self.what == "read":
            return f"chmod -R o+rX {place}, or install it again with umask 022"
        return f"chown {self.user} {place}"


def denied_code(user: User) -> list[Denied]:
    """Return the parts of Python, its packages and avio that `user` can't read, each place once."""
    return _as_user(user, [(path, os.R_OK) for path in sorted(set(code()))])


def denied_directories(user: User, entered: Iterable[Path], written: Iterable[Path]) -> list[Denied]:
    """Return the directories that `user` can't enter or write to. Missing directories are skipped."""
    wanted = [(str(path.absolute()), os.X_OK) for path in entered] + [(str(path), os.W_OK) for path in written]
    return _as_user(user, wanted)


def _as_user(user: User, wanted: list[tuple[str, int]]) -> list[Denied]:
    """Check as `user`. If this process can't become another user, its jobs can't either, and nothing is denied."""
    if os.geteuid() != 0:
        return []
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            become(user)
            found = {place: (what, path) for path, mode in wanted for what, place in _first_denied(path, mode)}
            os.write(writing, json.dumps([(*found[place], place) for place in found][:MOST]).encode())
        except (OSError, Unavailable):
            os.write(writing, b"[]")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as reply:
        answer = json.loads(reply.read(REPLY_BYTES) or b"[]")
    os.waitpid(pid, 0)
    return [Denied(user.name, what, place, path) for what, path, place in answer]


def _first_denied(path: str, mode: int) -> Iterator[tuple[str, str]]:
    """Yield the first denied directory or file on the way to `path`, as written and behind its links."""
    for way in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        for above in reversed(Path(way).parents):
            if above.exists() and not os.access(above, os.X_OK):
                yield "enter", os.path.realpath(above)
                return
    if os.path.isdir(path) and not os.access(path, os.X_OK):
        yield "enter", path
    elif os.path.exists(path) and not os.access(path, mode):
        yield WORDS[mode], path
