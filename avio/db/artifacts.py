"""Queries on what attempts leave for the user: log, report, result. Shipped by intake, read by web."""

import zlib
from collections.abc import Iterator

from avio.db.sql import change, row

KINDS = ("log", "report", "result")


def add(job: str, attempt: int, kind: str, no: int, text: bytes) -> None:
    """Keep chunk `no` of an artifact; the same chunk again changes nothing."""
    change(
        "INSERT INTO artifacts (job_id, attempt, kind, no, data) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (job_id, attempt, kind, no) DO NOTHING",
        job,
        attempt,
        kind,
        no,
        zlib.compress(text, 6),
    )


def count(job: str, attempt: int, kind: str) -> int:
    """Return how many chunks of an artifact are there: the number of the next one."""
    found = row("SELECT count(*) FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ?", job, attempt, kind)
    return int(found[0]) if found else 0


def newest_attempt(job: str, kind: str) -> int | None:
    """Return the newest attempt that left an artifact of `kind`; None when none did."""
    found = row("SELECT max(attempt) FROM artifacts WHERE job_id = ? AND kind = ?", job, kind)
    return None if found is None or found[0] is None else int(found[0])


def read(job: str, attempt: int, kind: str, first: int = 0) -> Iterator[bytes]:
    """Yield the chunks of an artifact from number `first` on, each decompressed: at most 1 MiB at a time."""
    no = first
    while True:
        found = row(
            "SELECT data FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ? AND no = ?",
            job,
            attempt,
            kind,
            no,
        )
        if found is None:
            return
        yield zlib.decompress(bytes(found[0]))
        no += 1
