"""Ships the report and the result of an attempt from the spool into the database, where any process can read them.

Runs in intake, in the thread for shipping. Chunks are whole lines.
"""

import logging
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import orjson

from avio.db import artifacts
from avio.plain_file import open_without_links
from avio.wire.results import ENTRIES_NAME, FAILED_NAME, FIRST, REPORT_NAME
from supervisor.intake.log_shipper import LogShipper
from supervisor.shared.spool import Spool

CHUNK_BYTES = 1 << 20
MAX_CHUNKS = 1024  # of one artifact of one attempt

# The files of an artifact in their order: if a report is cut, failures are what must be in it.
FILES = {"report": (FAILED_NAME, REPORT_NAME), "result": (ENTRIES_NAME,)}

_FAILED = re.compile(f'"outcome":"(?:{"|".join(FIRST)})"'.encode())

log = logging.getLogger(__name__)


class ArtifactShipper:
    """Copies logs, reports and results from the spool to the database."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._logs = LogShipper(spool)

    def ship_all(self, job: str, attempt: int) -> None:
        """Ship the rest of an attempt that has ended. Idempotent: each call makes the same chunks. May take minutes.

        What can't be read is lost, which the attempt's log says: the job must end.
        """
        self._logs.ship_last(job, attempt)
        directory = self._spool.directory(job, attempt)
        for kind, names in FILES.items():
            try:
                self._ship(job, attempt, kind, [directory / name for name in names if (directory / name).exists()])
            except OSError as error:
                self._logs.note_lost(job, attempt, kind, error)

    def ship_log(self, job: str, attempt: int) -> None:
        """Ship what was added to the log since the last call."""
        self._logs.ship(job, attempt)

    def ship_last_log(self, job: str, attempt: int) -> None:
        """Ship the rest of the log of an attempt that has ended, and nothing else."""
        self._logs.ship_last(job, attempt)

    def _ship(self, job: str, attempt: int, kind: str, files: list[Path]) -> None:
        chunks = chain.from_iterable(map(_chunks, files))
        for no, text in enumerate(chunks):
            if no == MAX_CHUNKS - 1:
                text = self._cut(job, attempt, kind, chain([text], chunks))
            artifacts.add(job, attempt, kind, no, text)

    def _cut(self, job: str, attempt: int, kind: str, rest: Iterator[bytes]) -> bytes:
        """Return the last line of an artifact that is too long: how many lines are missing."""
        lines = failed = 0
        for text in rest:
            lines += text.count(b"\n")
            failed += len(_FAILED.findall(text))
        message = f"the {kind} is cut: {lines:,} more files are not in it"
        log.warning("artifact cut", extra={"job": job, "attempt": attempt, "artifact": kind, "lines": lines})
        return orjson.dumps({"cut": lines, "failed": failed, "message": message}, option=orjson.OPT_APPEND_NEWLINE)


def _chunks(file: Path) -> Iterator[bytes]:
    with open(file, "rb", opener=open_without_links) as stream:
        while lines := stream.readlines(CHUNK_BYTES):
            yield b"".join(lines)
