"""The queued job that needs slots on several mounts with a limit, one of which is kept for it on each.

Jobs of one mount would take them in turn for ever. Used by claims, and to say what these jobs wait for.
"""

from dataclasses import dataclass

from avio.db import rooms, turns
from avio.db.sql import rows
from avio.wire.job_limits import JobLimits, Running, used_mounts
from avio.wire.paths import ancestors

PATIENCE_SECONDS = 60.0  # for which the job takes its chance as all others
LOOKED_AT = 1000  # of the queued jobs, those that have waited longest: the others come later


@dataclass(frozen=True, slots=True)
class KeptSlots:
    """A queued job, and the mounts of it with no slot left but the one that is kept for it."""

    job: str
    priority: int
    mounts: set[str]

    def hold(self, job: str, priority: int, uses: set[str]) -> bool:
        """Return True if they keep another `job` from starting, which `uses` these mounts."""
        return job != self.job and priority <= self.priority and not self.mounts.isdisjoint(uses)


def kept_slots(limits: JobLimits, running: Running) -> KeptSlots | None:
    """Return for which job slots are kept, or None. One job at a time: two would keep slots from each other."""
    if limits.mount is None and limits.bucket is None:
        return None
    spans = {path for mount in limits.mounts for path in ancestors(mount) if len(used_mounts(path, limits.mounts)) > 1}
    marks = ", ".join("?" * len(spans)) or "NULL"
    found = rows(
        "SELECT j.id, j.priority, j.uid, j.path FROM"  # noqa: S608 - made of constants
        " (SELECT id, priority, uid, path, attempt, run_at, room_bytes, room_tier FROM jobs"
        f" WHERE state = 'queued' AND run_at <= {{now}} - {PATIENCE_SECONDS} ORDER BY run_at, id LIMIT {LOOKED_AT}) j"
        f" WHERE (j.path IS NULL OR j.path IN ({marks})) AND {rooms.MAY_LOOK} ORDER BY j.priority DESC, j.run_at, j.id",
        *spans,
    )
    owners = turns.present({uid for _, _, uid, _ in found})[1] if found else {}
    for job, priority, uid, path in found:
        if running.reached_by(owners[uid]) is None:
            return KeptSlots(job, priority, used_mounts(path, limits.mounts).intersection(running.full_mounts(2)))
    return None
