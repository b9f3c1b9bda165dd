"""The files of an attempt's log, which keeper rotates: opened in order, and the place up to which they were shipped.

Used by `log_shipper`, in intake. Knows no database.
"""

import os
from io import FileIO
from pathlib import Path

from avio.plain_file import open_without_links
from supervisor.shared.spool import KEPT_FILES, rotated


class LogFile(FileIO):
    """A file of a log, open for reading. It is closed after its last user."""

    def __del__(self) -> None:
        self.close()


def open_files(log: Path, held: LogFile | None) -> tuple[list[LogFile], bool]:
    """Open the files of `log`, from the oldest to the newest: all of them, or `held` and those that are newer.

    All but the newest are complete. Return them, and True if keeper has removed `held`, and maybe others after it.
    Raises OSError.
    """
    is_gone = held is not None
    # Newest first: if keeper rotates meanwhile, a file is met twice, but none is missed.
    files: list[LogFile] = []
    for number in range(KEPT_FILES + 1):
        try:
            file = LogFile(rotated(log, number) if number else log, opener=open_without_links)
        except FileNotFoundError:  # keeper may be in the middle of a rotation
            continue
        if held is not None and os.path.sameopenfile(file.fileno(), held.fileno()):
            is_gone = False
            break
        if not files or not os.path.sameopenfile(file.fileno(), files[-1].fileno()):
            files.append(file)
    return [*([] if held is None else [held]), *reversed(files)], is_gone


def skip_shipped(files: list[LogFile], total: int, tail: bytes) -> bool:
    """Set each of all files of a log to the first byte that was not shipped; `total` bytes were, the last are `tail`.

    Return True if the place is found nowhere: then all files are newer, and others may have been removed.
    """
    place = _place(files, total, tail) if tail else None
    for number, file in enumerate(files):
        if place is None or number > place[0]:
            file.seek(0)
        elif number == place[0]:
            file.seek(place[1])
        else:
            file.seek(0, os.SEEK_END)
    return bool(files and tail) and place is None


def _place(files: list[LogFile], total: int, tail: bytes) -> tuple[int, int] | None:
    """Return the number of the file and the offset in it where the shipped bytes end, or None.

    They end after `total` bytes, unless keeper has removed old files: then after the last occurrence of `tail`.
    """
    found = None
    before = b""  # the end of the files before, since `tail` may begin there
    size = 0
    for number, file in enumerate(files):
        text = before + file.readall()
        end = total - size + len(before)
        if len(before) < end <= len(text) and text.endswith(tail, 0, end):
            return number, end - len(before)
        if number == 0 and total > len(tail):
            found = _overlap(tail, text)
        at = text.rfind(tail) if total > len(tail) else -1
        if at >= 0:
            found = number, at + len(tail) - len(before)
        size += len(text) - len(before)
        before = text[max(0, len(text) - len(tail) + 1) :]
    return found


def _overlap(tail: bytes, text: bytes) -> tuple[int, int] | None:
    """Return the place in the oldest file, which begins with `text`, if the file before was removed amid `tail`."""
    return next(((0, size) for size in range(len(tail) - 1, 0, -1) if text.startswith(tail[-size:])), None)
