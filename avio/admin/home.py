"""The home directory of `avio-server up`: everything that a server writes is in it. One `up` at a time."""

import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from avio.admin.closed_files import closed
from avio.errors import BadRequest, Conflict

OTHERS = 0o007  # the rights of everybody

_TO_ESCAPE = re.compile(r"[\x00-\x1f\x7f\"\\]")  # in a basic string of TOML

FIRST_CONFIG = """\
# The settings of this server. `avio-server check --explain` lists them all, with what they are for.
# A variable AVIO_<SETTING> goes before what is said here. Restart the server after a change.

# redis_url = "redis://127.0.0.1:6379/0"                  # unset: `avio-server up` runs a Valkey of its own
# database_url = "postgresql://user:password@host/name"   # unset: avio.db beside this file
# slots = 2                                               # jobs that run at once on this node

# A path and the bucket behind it: file:///directory, s3://bucket/prefix, ...
[mounts."/data"]
url = "{bucket}"
# options = {{ endpoint = "https://s3.example.com", region = "us-east-1", access_key_id = "", secret_access_key = "" }}

# Where cached files lie, best first: /data/x is kept as <path>/data/x.
[[tiers]]
alias = "CACHE"
path = "{tier}"
capacity = "10GiB"
"""


# The file that an `up` holds open and locked, below its home.
LOCK = ("run", "up.pid")

SOCKET_NAME = "valkey.sock"  # in the same directory


class Home:
    """Where things are below one absolute directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "avio.toml"
        self.spool = directory / "spool"
        self.logs = directory / "logs"
        self.run = directory / "run"

    @property
    def database_url(self) -> str:
        """The database of a server that no setting gives another one."""
        return "sqlite:///" + quote(str(self.directory / "avio.db"))

    def require_utf8(self) -> None:
        """Raise BadRequest if neither a settings file nor a URL can hold the name of the home."""
        try:
            str(self.directory).encode("utf-8")
        except UnicodeEncodeError:
            why = "is not UTF-8, which avio.toml can't hold"
            raise BadRequest(f"the home {self.directory} {why}", cure="use another --home") from None

    def prepare(self) -> None:
        """Make the directories, closed to other users. Close the files that an older avio has made.

        keeper makes the spool, which a `job_user` enters.
        """
        self.require_utf8()
        with self._usable():
            for directory in (self.directory, self.logs, self.run):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for file in (self.config, *self.directory.glob("avio.db*"), *self.logs.glob("*.log*")):
                _close(file)

    def write_first_config(self) -> bool:
        """Write settings that work out of the box, and what they name, where there are none; tell whether."""
        if self.config.exists():
            return False
        bucket, tier = self.directory / "bucket", self.directory / "cache"
        with self._usable():
            for directory in (bucket, tier):
                directory.mkdir(mode=0o755, exist_ok=True)
            with open(self.config, "x", encoding="utf-8", opener=closed) as file:
                file.write(FIRST_CONFIG.format(bucket=_escaped(bucket.as_uri()), tier=_escaped(str(tier))))
        return True

    def places(self, origins: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that put database and spool into the home, where `origins` says that nobody set them."""
        own = {"database_url": self.database_url, "spool": str(self.spool)}
        return {f"AVIO_{name.upper()}": place for name, place in own.items() if origins[name] == "default"}

    def log(self, name: str) -> Path:
        """Return the log file of the process `name`."""
        return self.logs / f"{name}.log"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home for this process; Conflict when another holds it. The kernel lets go when we end.

        The file is removed at the end, unless the process is killed. Whoever has opened it by then begins again.
        """
        while True:
            with self._usable():
                opened = open(self.directory.joinpath(*LOCK), "a+", opener=closed)  # noqa: SIM115 - closed below
            with opened as file:
                self._take(file)
                if not _has_its_name(file):
                    continue
                file.truncate(0)
                file.write(f"{os.getpid()}\n")
                file.flush()
                try:
                    yield
                finally:
                    Path(file.name).unlink(missing_ok=True)
                return

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Turn what keeps this user from the home into BadRequest."""
        try:
            yield
        except OSError as error:
            what = self.directory if error.filename is None else os.fsdecode(error.filename)
            raise BadRequest(
                f"the home {self.directory} can't be used: {what}: {error.strerror}",
                cure="name a directory that this user may write to: --home DIR",
            ) from error

    def _take(self, file: TextIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Conflict(
                f"avio-server up already runs on {self.directory} (pid {file.read(20).strip()})",
                cure="stop it first, or use another --home",
            ) from None


def _has_its_name(file: TextIO) -> bool:
    """Return False if an open file was removed."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except FileNotFoundError:
        return False


def _close(file: Path) -> None:
    """Take the rights of everybody from a plain file, if it is there."""
    if file.is_file() and not file.is_symlink() and (mode := stat.S_IMODE(file.stat().st_mode)) & OTHERS:
        with suppress(PermissionError):  # another user's: `avio-server check` names it
            file.chmod(mode & ~OTHERS)


def _escaped(text: str) -> str:
    """Return `text` as it stands in a basic string of TOML."""
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04X}", text)
