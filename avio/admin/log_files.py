"""The log files of `avio-server up`: kept within bounds while they are written to, and read from their end."""

import shutil
from pathlib import Path

from avio.admin.closed_files import closed

MAX_BYTES = 32 << 20


def trim(directory: Path, limit: int = MAX_BYTES) -> None:
    """Move what is in each log over `limit` bytes to `<name>.log.1`, over the one before.

    Copied and cut rather than renamed: the processes hold their log open, and append to it.
    """
    for log in directory.glob("*.log"):
        if log.stat().st_size > limit:
            older = log.with_name(log.name + ".1")
            with open(older, "wb", opener=closed) as copy, open(log, "r+b") as file:
                shutil.copyfileobj(file, copy)
                file.truncate(0)


def tail(log: Path, lines: int = 10, size: int = 8192) -> str:
    """Return the last `lines` lines of `log`, at most `size` bytes; an empty text when there is none."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - size))
            text = file.read(size).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def last_error(log: Path) -> str:
    """Return the error that `log` ends with, as `avio-server` writes it, with its cure; else an empty text."""
    found: list[str] = []
    for line in tail(log).splitlines():
        if line.startswith("error: "):
            found = [line]
        elif found and line.startswith("  "):
            found.append(line)
        else:
            found = []
    return "\n".join(found)
