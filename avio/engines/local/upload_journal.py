"""Notes of uploads in parts: `<tier>/.avio/<attempt>/<n>.upload`, from the begin of an upload to its end.

An attempt that is killed leaves its notes. The sweep ends these uploads in the store; it never touches any others.
Used in intake (the sweep) and the job process.
"""

import json
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from avio.engines.local.root import HIDDEN, Root
from avio.engines.local.scratch import Scratch, Temporary
from avio.errors import EngineError
from avio.terminal.cells import printable

SUFFIX = ".upload"
MAX_NOTE_BYTES = 64 << 10

log = logging.getLogger(__name__)


class Note(NamedTuple):
    """An upload that an attempt began: its mount, its key, and the store's name for it."""

    mount: str
    key: str
    upload_id: str


class UploadJournal:
    """The notes of one attempt about uploads to one mount."""

    def __init__(self, root: Root, attempt: str, mount: str) -> None:
        self._root = root
        self._attempt = attempt
        self._mount = mount

    @contextmanager
    def noted(self, key: str, upload_id: str) -> Iterator[Temporary]:
        """Keep a note in the block. `keep` and `drop` of what is yielded say whether it outlives the block."""
        with Scratch(self._root, self._attempt).file(SUFFIX) as note:
            os.write(note.fd, json.dumps([self._mount, key, upload_id]).encode())
            yield note


def close_journal(root: Root, attempt: str) -> None:
    """Remove the directory of the attempt's notes, unless a note is left in it."""
    with suppress(OSError):
        for name in (f"{HIDDEN}/{attempt}", HIDDEN):
            parent, last = root.parent(name)
            os.rmdir(last, dir_fd=parent.fd)


def end_uploads(root: Root, live: Callable[[], Collection[str]], end: Callable[[Note], None]) -> frozenset[str]:
    """End the noted uploads of every attempt that is not in `live()`. Return the attempts with uploads left.

    The first error ends the search: the next sweep tries again.
    """
    notes = list(_notes(root))
    alive = live() if notes else ()
    left: set[str] = set()
    for attempt, name, note in notes:
        if attempt in alive:
            continue
        try:
            if not left:
                end(note)
                root.unlink(f"{HIDDEN}/{attempt}/{name}")
                continue
        except EngineError as error:
            log.warning("an upload of %s by a dead attempt is left: %s", printable(note.key), printable(error.message))
        left.add(attempt)
    return frozenset(left)


def _notes(root: Root) -> Iterator[tuple[str, str, Note]]:
    for attempt in _names(root, HIDDEN):
        for name in _names(root, f"{HIDDEN}/{attempt}"):
            if name.endswith(SUFFIX):
                with suppress(OSError, ValueError, TypeError):  # a torn note: its upload was never used
                    yield attempt, name, Note(*json.loads(_content(root, f"{HIDDEN}/{attempt}/{name}")))


def _names(root: Root, path: str) -> list[str]:
    try:
        fd = root.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return []
    try:
        return os.listdir(fd)
    finally:
        os.close(fd)


def _content(root: Root, path: str) -> bytes:
    fd = root.open_file(path, os.O_RDONLY)
    try:
        return os.read(fd, MAX_NOTE_BYTES)
    finally:
        os.close(fd)
