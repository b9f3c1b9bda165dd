"""Shipping what attempts write on this node into the database, so that it can be read from anywhere, for ever.

Runs in intake: the log as it grows, all that is left at the end. Chunks are whole lines where lines are short.
"""

import logging
from pathlib import Path

from avio.db import artifacts
from avio.wire.results import ENTRIES_NAME, LOG_NAME, REPORT_NAME
from supervisor.joblog import rotated
from supervisor.spool import Spool

CHUNK_BYTES = 1 << 20

# What is kept of one artifact of one attempt; the rest is dropped, and its last line says so.
MAX_CHUNKS = {"log": 64, "report": 1024, "result": 1024}

FILES = {"report": REPORT_NAME, "result": ENTRIES_NAME}

log = logging.getLogger(__name__)


class Shipping:
    """Copies logs, reports and results from the spool to the database."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._log_offsets: dict[tuple[str, int], int] = {}

    def ship_all(self, job: str, attempt: int) -> None:
        """Ship what is left of an attempt that has ended."""
        self.ship_log(job, attempt)
        self._log_offsets.pop((job, attempt), None)
        directory = self._spool.directory(job, attempt)
        for kind, name in FILES.items():
            if (directory / name).exists():
                self._ship_file(job, attempt, kind, directory / name)

    def ship_log(self, job: str, attempt: int) -> None:
        """Ship what the log has gained since the last time."""
        file = self._spool.directory(job, attempt) / LOG_NAME
        known = self._log_offsets.get((job, attempt))
        offset = self._shipped(job, attempt) if known is None else known
        if file.exists() and file.stat().st_size < offset:
            self._ship_log_from(job, attempt, rotated(file, 1), offset)
            offset = 0
        self._log_offsets[job, attempt] = self._ship_log_from(job, attempt, file, offset)

    def _ship_log_from(self, job: str, attempt: int, file: Path, offset: int) -> int:
        """Ship `file` from `offset` on; return the offset that is reached."""
        if not file.exists():
            return offset
        no = artifacts.count(job, attempt, "log")
        with open(file, "rb") as stream:
            stream.seek(offset)
            while no < MAX_CHUNKS["log"] and (text := stream.read(CHUNK_BYTES)):
                artifacts.add(job, attempt, "log", no, text)
                no, offset = no + 1, offset + len(text)
        return offset

    def _ship_file(self, job: str, attempt: int, kind: str, file: Path) -> None:
        """Ship a file whole; numbers and contents are the same each time, so that doing it twice changes nothing."""
        with open(file, "rb") as stream:
            for no in range(MAX_CHUNKS[kind]):
                lines = stream.readlines(CHUNK_BYTES)
                if not lines:
                    return
                artifacts.add(job, attempt, kind, no, b"".join(lines))
        log.warning("artifact cut", extra={"job": job, "attempt": attempt, "artifact": kind})

    def _shipped(self, job: str, attempt: int) -> int:
        return sum(len(chunk) for chunk in artifacts.read(job, attempt, "log"))
