"""Queries on how long ended jobs took: written by intake at the end of a job, read at a claim and for statistics.

A row lives as long as its job.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from avio.db.sql import change, rows
from avio.wire.progress import MAX_NUMBER
from avio.wire.timings import MAX_PAST, Forecast, Timing

LOOKED_AT = 200  # newest jobs of a type, of which a claim takes those nearest in the tree
_COLUMNS = "files, bytes, transfer_ms, verified, verify_ms, limited, forecasts"


@dataclass(frozen=True, slots=True)
class JobTiming:
    """The timing of a job of `type`, which ended `ended_at`. `path` is None for a file list."""

    type: int
    path: str | None
    ended_at: float
    timing: Timing


def keep(job: str, timing: Timing) -> None:
    """Keep the timing of a job that has ended in this transaction."""
    change(
        f"INSERT INTO timings (job_id, type, path, ended_at, {_COLUMNS})"  # noqa: S608 - made of constants
        " SELECT id, type, path, finished_at, ?, ?, ?, ?, ?, ?, ? FROM jobs WHERE id = ?",
        min(timing.files, MAX_NUMBER),
        min(timing.bytes, MAX_NUMBER),
        timing.transfer_ms,
        timing.verified,
        timing.verify_ms,
        timing.limited,
        json.dumps([asdict(each) for each in timing.forecasts]),
        job,
    )


def past(type_: int, path: str | None) -> tuple[Timing, ...]:
    """Return the timings of jobs like a new one at `path`, at most `MAX_PAST`, newest first.

    Jobs nearest in the tree are taken first, of these the newest. A job with nothing in common but the root has
    another mount, perhaps another store: it is of no use.
    """
    near = [(_nearness(path, each.path), -place, each) for place, each in enumerate(newest(type_, LOOKED_AT))]
    nearest = sorted((each for each in near if each[0] > 0), key=lambda each: each[:2], reverse=True)[:MAX_PAST]
    return tuple(each.timing for _, _, each in sorted(nearest, key=lambda each: each[1], reverse=True))


def newest(type_: int, limit: int) -> list[JobTiming]:
    """Return the newest timings of jobs of a type."""
    found = rows(
        f"SELECT type, path, ended_at, {_COLUMNS} FROM timings WHERE type = ? ORDER BY ended_at DESC LIMIT ?",  # noqa: S608 - the same
        type_,
        limit,
    )
    return [JobTiming(kind, path, ended_at, _timing(columns)) for kind, path, ended_at, *columns in found]


def _timing(columns: Sequence[Any]) -> Timing:
    files, size, transfer_ms, verified, verify_ms, limited, forecasts = columns
    known = [Forecast(**each) for each in json.loads(forecasts)]
    return Timing(files, size, transfer_ms, verified, verify_ms, bool(limited), known)


def _nearness(path: str | None, other: str | None) -> int:
    """Return how many directories two paths have in common from the root on. File lists are like each other."""
    if path is None or other is None:
        return 1 if path is other else 0
    common = 0
    for part, other_part in zip(path.split("/")[1:], other.split("/")[1:], strict=False):
        if part != other_part:
            break
        common += 1
    return common
