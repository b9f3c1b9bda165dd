"""Looks at the rights of what holds secrets: settings, database, spool, logs."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from avio.config import Settings
from avio.findings import Finding, good, warning
from avio.terminal.shell import shell_word

SUBJECT = "rights of files"

# What nobody else needs: everybody's rights, and writing by the group. Everybody may enter a directory.
_OF_FILES = 0o027
_OF_DIRECTORIES = _OF_FILES & ~0o001


def look_at_rights(settings: Settings, config: Path, home: Path) -> Iterator[Finding]:
    """Yield what other users may read or write: the file `config`, the SQLite database, the spool, the logs of `up`."""
    files = [config, *_database_files(settings.database_url)]
    directories = [settings.spool, settings.spool / settings.node, home / "logs"]
    found = [*_wrong(files, _OF_FILES), *_wrong(directories, _OF_DIRECTORIES)]
    yield from found or [good(SUBJECT, "settings, database, spool and logs are closed to other users")]


def _database_files(url: str) -> list[Path]:
    parts = urlsplit(url)
    if parts.scheme != "sqlite":
        return []
    file = unquote(parts.path.removeprefix("/"))
    return [Path(file + suffix) for suffix in ("", "-wal", "-shm")]


def _wrong(paths: list[Path], refused: int) -> Iterator[Finding]:
    for path in paths:
        try:
            status = path.stat()
        except OSError:  # not there, or closed to this user too
            continue
        mode = stat.S_IMODE(status.st_mode)
        if mode & refused:
            closed = mode & ~refused
            yield warning(
                SUBJECT, f"other users may use {path}, mode {mode:04o}", f"chmod {closed:o} {shell_word(path)}"
            )
        if status.st_uid not in (0, os.geteuid()):
            cure = f"chown {os.geteuid()} {shell_word(path)}"
            yield warning(SUBJECT, f"{path} belongs to another user, who may change it", cure)
