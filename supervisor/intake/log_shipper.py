"""Ships the logs of attempts into the database as they grow: whole if they are short, else beginning and end.

Runs in intake, in the database thread while an attempt runs, and in the thread for shipping at its end.
"""

import logging
import re
import threading
from collections import deque
from contextlib import suppress

from avio.db import artifacts
from avio.db.connection import transaction
from avio.terminal.cells import printable
from avio.wire.results import LOG_NAME
from supervisor.intake.log_files import LogFile, open_files, skip_shipped
from supervisor.shared.spool import Spool, removed

LOG = "log"
CHUNK_BYTES = 64 << 10  # a chunk grows up to this size, so that a slow log does not use up its chunks
HEAD_CHUNKS = 256  # of a long log, from its beginning
TAIL_CHUNKS = 768  # and from its end
TAIL_BYTES = 4 << 10  # by the last bytes that were shipped, an intake that has just started finds the place
ENDED_ATTEMPTS = 1000  # a poll that comes after the end of one of them ships nothing

# The chunk between head and tail, once something is left out there. Its number is HEAD_CHUNKS.
_GAP = "... {:d} bytes of the log are left out here ...\n"
# Where keeper has removed files of the log before they were shipped.
_CUT = "... {:d} bytes of the log are lost here: it grew faster than it was stored ...\n"
_CUT_BYTES = re.compile(rb"\.\.\. (\d+) bytes of the log are lost here[^\n]*\n")
_LOST = "... avio could not read the {} of this attempt, or its rest: {} ...\n"
_GAP_BYTES = re.compile(rb"\.\.\. (\d+) bytes")

log = logging.getLogger(__name__)


class LogShipper:
    """Copies logs from the spool to the database. Safe to call from several threads."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = threading.Lock()
        # Of each log the file up to whose position it is shipped. Open, so that no other file gets its inode.
        self._held: dict[tuple[str, int], LogFile] = {}
        self._ended: deque[tuple[str, int]] = deque(maxlen=ENDED_ATTEMPTS)

    def ship_last(self, job: str, attempt: int) -> None:
        """Ship the rest of the log of an attempt that has ended. Nothing of it is shipped afterwards."""
        with self._lock:
            try:
                self._ship(job, attempt)
            except OSError as error:
                self._note_lost(job, attempt, LOG, error)
            if (job, attempt) not in self._ended:
                self._ended.append((job, attempt))
            self._held.pop((job, attempt), None)
            for gone in [each for each in self._held if not self._spool.directory(*each).exists()]:
                del self._held[gone]

    def ship(self, job: str, attempt: int) -> None:
        """Ship what was added to the log since the last call. Pass over a log that can't be read until its end."""
        with self._lock, suppress(OSError):
            self._ship(job, attempt)

    def note_lost(self, job: str, attempt: int, kind: str, error: OSError) -> None:
        """Say at the end of the log that the artifact `kind` can't be read, or its rest."""
        with self._lock:
            self._note_lost(job, attempt, kind, error)

    def _note_cut(self, job: str, attempt: int) -> None:
        """Say how much is missing between what was shipped and the oldest file. It may be nothing."""
        lost = removed(self._spool.directory(job, attempt) / LOG_NAME) - _shipped(job, attempt)[0]
        if lost > 0:
            log.warning("lost %d bytes of a log, which was rotated too often", lost, extra={"job": job})
            with transaction():
                _append(job, attempt, _CUT.format(lost).encode())

    def _note_lost(self, job: str, attempt: int, kind: str, error: OSError) -> None:
        why = printable(error.strerror or str(error))
        log.error("lost the %s of an attempt: %s", kind, why, extra={"job": job, "attempt": attempt})
        line = _LOST.format(kind, why).encode()
        if not _shipped(job, attempt)[1].endswith(line):
            with transaction():
                _append(job, attempt, line)

    def _ship(self, job: str, attempt: int) -> None:
        if (job, attempt) in self._ended:
            return
        held = self._held.pop((job, attempt), None)
        files, cut = open_files(self._spool.directory(job, attempt) / LOG_NAME, held)
        if held is None:
            cut = skip_shipped(files, *_shipped(job, attempt))
        for number, file in enumerate(files):  # after an error none is held: the database says what was shipped
            if cut and number == (held is not None):
                self._note_cut(job, attempt)
            _ship_rest(job, attempt, file)
        if files:
            self._held[job, attempt] = files[-1]


def _ship_rest(job: str, attempt: int, file: LogFile) -> None:
    while text := file.read(CHUNK_BYTES):
        with transaction():
            _append(job, attempt, text)


def _append(job: str, attempt: int, text: bytes) -> None:
    """Add `text` to the last chunk, and to a new one what has no room there."""
    numbers = artifacts.numbers(job, attempt, LOG)
    last = numbers[-1] if numbers else -1
    if last >= 0 and last != HEAD_CHUNKS:
        there = artifacts.chunk(job, attempt, LOG, last)
        room = max(0, CHUNK_BYTES - len(there))
        if room:
            artifacts.replace(job, attempt, LOG, last, there + text[:room])
            text = text[room:]
    if text:
        artifacts.add(job, attempt, LOG, last + 1 + (last + 1 == HEAD_CHUNKS), text)
        tail = [no for no in numbers if no > HEAD_CHUNKS]
        if len(tail) >= TAIL_CHUNKS:
            _leave_out(job, attempt, tail[0])


def _leave_out(job: str, attempt: int, no: int) -> None:
    """Remove chunk `no`, and say so in the gap before it."""
    size = _left_out(artifacts.chunk(job, attempt, LOG, HEAD_CHUNKS)) + len(artifacts.chunk(job, attempt, LOG, no))
    artifacts.drop(job, attempt, LOG, no)
    artifacts.replace(job, attempt, LOG, HEAD_CHUNKS, _GAP.format(size).encode())


def _left_out(gap: bytes) -> int:
    found = _GAP_BYTES.match(gap)
    return int(found[1]) if found else 0


def _shipped(job: str, attempt: int) -> tuple[int, bytes]:
    """Return how many bytes of the log were shipped, and the last of them. Lost and left out bytes count."""
    total = 0
    tail = b""
    for no in artifacts.numbers(job, attempt, LOG):
        text = artifacts.chunk(job, attempt, LOG, no)
        if no == HEAD_CHUNKS:
            total += _left_out(text)
            tail = b""
        else:
            total += len(text) + sum(int(cut[1]) - len(cut[0]) for cut in _CUT_BYTES.finditer(text))
            tail = (tail + text)[-TAIL_BYTES:]
    return total, tail
