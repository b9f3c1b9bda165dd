"""Queries on the preloads that nodes had before another one: on Alluxio that one waits for files of theirs.

Used by intake. A claim takes the lock of the turns, so that each sees all earlier ones; an attempt that begins again is
a later one. So of two preloads never both are earlier.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from avio.db.sql import rows
from avio.wire.paths import is_under
from avio.wire.states import JobType

MOST = 5000  # preloads of the fleet that are looked at
MOST_EACH = 100  # earlier ones of a job; it moves the files of any others itself
MOST_PARAMS_BYTES = 1 << 20  # of those together


@dataclass(frozen=True, slots=True)
class Earlier:
    """A preload that a node has. `path` is None for several paths or a list."""

    job: str
    attempt: int
    path: str | None
    began: float

    def is_before(self, other: "Earlier") -> bool:
        """Return True if its attempt began before that of `other`."""
        return (self.began, self.job) < (other.began, other.job)

    def may_overlap(self, other: "Earlier") -> bool:
        """Return True if both may have a file in common."""
        if self.path is None or other.path is None:
            return True
        return is_under(self.path, other.path) or is_under(other.path, self.path)


def of(jobs: Collection[str]) -> Mapping[str, Sequence[Earlier]]:
    """Return, for those of `jobs` that are preloads which a node has, the earlier ones that may have files of it."""
    found = rows(
        "SELECT j.id, j.attempt, j.path, a.started_at FROM jobs j"
        " JOIN attempts a ON a.job_id = j.id AND a.attempt = j.attempt"
        " WHERE j.type = ? AND j.state IN {owned} LIMIT ?",
        int(JobType.PRELOAD),
        MOST,
    )
    running = [Earlier(*each) for each in found]
    return {
        own.job: [each for each in running if each.is_before(own) and each.may_overlap(own)][:MOST_EACH]
        for own in running
        if own.job in jobs
    }


def params_of(jobs: Sequence[str]) -> dict[str, str]:
    """Return the params of `jobs` as JSON, without those that are too large together."""
    if not jobs:
        return {}
    marks = ", ".join("?" * len(jobs))
    found = rows(f"SELECT id, params FROM jobs WHERE id IN ({marks})", *jobs)  # noqa: S608 - made of constants
    kept: dict[str, str] = {}
    left = MOST_PARAMS_BYTES
    for job, params in sorted(found, key=lambda each: len(each[1])):
        left -= len(params)
        if left >= 0:
            kept[job] = params
    return kept
