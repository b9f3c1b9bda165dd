"""Queries on artifacts: the log, report and result of an attempt. Stored by intake, read by web."""

import zlib
from collections.abc import Iterator

from avio.db.sql import change, row, rows

KINDS = ("log", "report", "result")

LEVEL = 3  # of compression: twice as fast as 6, for a tenth more bytes


def add(job: str, attempt: int, kind: str, no: int, text: bytes) -> None:
    """Store chunk `no` of an artifact. Idempotent."""
    change(
        "INSERT INTO artifacts (job_id, attempt, kind, no, data) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (job_id, attempt, kind, no) DO NOTHING",
        job,
        attempt,
        kind,
        no,
        zlib.compress(text, LEVEL),
    )


def replace(job: str, attempt: int, kind: str, no: int, text: bytes) -> None:
    """Store chunk `no` of an artifact in place of the one that is there."""
    change(
        "INSERT INTO artifacts (job_id, attempt, kind, no, data) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (job_id, attempt, kind, no) DO UPDATE SET data = excluded.data",
        job,
        attempt,
        kind,
        no,
        zlib.compress(text, LEVEL),
    )


def drop(job: str, attempt: int, kind: str, no: int) -> None:
    """Remove chunk `no` of an artifact."""
    change("DELETE FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ? AND no = ?", job, attempt, kind, no)


def numbers(job: str, attempt: int, kind: str) -> list[int]:
    """Return the numbers of the chunks of an artifact, in order."""
    statement = "SELECT no FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ? ORDER BY no"
    return [int(found[0]) for found in rows(statement, job, attempt, kind)]


def chunk(job: str, attempt: int, kind: str, no: int) -> bytes:
    """Return the text of chunk `no` of an artifact, "" if there is none."""
    statement = "SELECT data FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ? AND no = ?"
    found = row(statement, job, attempt, kind, no)
    return b"" if found is None else zlib.decompress(bytes(found[0]))


def newest_attempt(job: str, kind: str) -> int | None:
    """Return the newest attempt with an artifact of `kind`, or None."""
    found = row("SELECT max(attempt) FROM artifacts WHERE job_id = ? AND kind = ?", job, kind)
    return None if found is None or found[0] is None else int(found[0])


def next_chunk(job: str, attempt: int, kind: str, after: int = -1) -> tuple[int, bytes] | None:
    """Return number and text (1 MiB at most) of the first chunk after number `after`. Numbers may be missing."""
    found = row(
        "SELECT no, data FROM artifacts WHERE job_id = ? AND attempt = ? AND kind = ? AND no > ? ORDER BY no LIMIT 1",
        job,
        attempt,
        kind,
        after,
    )
    return None if found is None else (int(found[0]), zlib.decompress(bytes(found[1])))


def read(job: str, attempt: int, kind: str) -> Iterator[bytes]:
    """Yield the chunks of an artifact, each decompressed: at most 1 MiB at a time."""
    no = -1
    while (found := next_chunk(job, attempt, kind, no)) is not None:
        no, text = found
        yield text
