"""Queries for what a plan tells beside its figures: jobs at the same paths, how fast earlier ones were. Used by web."""

from collections.abc import Sequence
from dataclasses import dataclass

from avio.db.sql import rows
from avio.wire.paths import ancestors, shown_path
from avio.wire.states import JobType, State

# Newest jobs that succeeded, among which those that moved files are looked for.
LOOKED_JOBS = 200

# Paths of a plan whose jobs are looked for one by one; of more, all jobs that have not ended count.
MAX_ROOTS = 10


@dataclass(frozen=True, slots=True)
class Beside:
    """A load, save or free that has not ended and may concern the files of a plan. `path` is None for several."""

    job: str
    user: str
    type: JobType
    state: State
    path: str | None


def beside(roots: Sequence[str], limit: int) -> list[Beside]:
    """Return up to `limit` jobs at, above or below `roots`, running ones first; those of several paths may concern any.

    Without roots, and for many, all jobs may.
    """
    near, values = "1 = 1", []
    if 0 < len(roots) <= MAX_ROOTS:
        paths = [shown_path(root) for root in roots]
        above = sorted({each for path in paths for each in ancestors(path)})
        below = [path.rstrip("/") + "/" for path in paths]
        near = " OR ".join(
            ["j.path IS NULL", f"j.path IN ({', '.join('?' * len(above))})", *["substr(j.path, 1, ?) = ?"] * len(below)]
        )
        values = [*above, *(value for stem in below for value in (len(stem), stem))]
    found = rows(
        "SELECT j.id, u.name, j.type, j.state, j.path FROM jobs j JOIN users u ON u.uid = j.uid"  # noqa: S608 - made of constants
        " WHERE j.state IN {unfinished} AND j.type IN (1, 2, 4)"
        f" AND ({near})"
        " ORDER BY CASE j.state WHEN 'queued' THEN 1 ELSE 0 END, j.id LIMIT ?",
        *values,
        limit,
    )
    return [Beside(job, user, JobType(type_), State(state), path) for job, user, type_, state, path in found]


def moved(type_: JobType) -> list[tuple[int, int, float]]:
    """Return files, bytes and seconds of the newest jobs of a type that moved files in one attempt, without a limit.

    The bounds are those of the index jobs_state: else PostgreSQL reads all jobs for a type that is rare.
    """
    found = rows(
        "SELECT files_done - files_skipped - files_shared, bytes_done - bytes_skipped - bytes_shared,"
        " finished_at - started_at FROM (SELECT * FROM"
        " jobs WHERE (state, type, id) >= ('succeeded', ?, '') AND (state, type, id) < ('succeeded', ?, '')"
        " ORDER BY state DESC, type DESC, id DESC LIMIT ?) AS newest"
        " WHERE files_done > files_skipped + files_shared AND attempt = 1 AND bandwidth IS NULL"
        " AND finished_at > started_at",
        int(type_),
        type_ + 1,
        LOOKED_JOBS,
    )
    return [(int(files), int(size), float(seconds)) for files, size, seconds in found]
