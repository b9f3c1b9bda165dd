"""What a queued job that found no room in the cache needs, and what its tiers have. Used by web and admin. Pure."""

from dataclasses import dataclass, field

from avio.db import rooms
from avio.db.models import Job
from avio.db.rooms import TierRoom
from avio.terminal.cells import size
from avio.wire.results import ALL_TIERS, ANY_ROOM
from avio.wire.waiting import Why

SHOWN_JOBS = 3  # of those that were promised room


@dataclass(frozen=True, slots=True)
class Rooms:
    """The tiers, as nodes have reported them, and the bytes that running jobs were promised there."""

    tiers: list[TierRoom] = field(default_factory=list)
    promised: dict[str, dict[str, int]] = field(default_factory=dict)
    look_again: set[str] = field(default_factory=set)  # jobs that may need less by now

    @classmethod
    def for_jobs(cls, jobs: list[Job]) -> "Rooms":
        """Return what is to be said of some jobs. Needs a connection, if one of them waits for room."""
        waiting = [str(job.id) for job in jobs if job.room_bytes is not None]
        return cls(rooms.figures(), rooms.promised(), rooms.may_need_less(waiting)) if waiting else cls()

    def pausing(self, job: Job) -> tuple[Why, str] | None:
        """Return what a job waits for in the pause before its next look for room. None if it is not that."""
        if job.room_bytes is None:
            return None
        soon = "other jobs load files of it" if job.room_bytes == ANY_ROOM else "there is room by now"
        return Why.TIER_FULL, self.lacking(job) or f"{soon}; it looks again in some seconds or minutes"

    def lacking(self, job: Job) -> str | None:
        """Return what a job needs and its tiers have. None if one has as much, or nobody knows: as `rooms.MAY_LOOK`."""
        needed = job.room_bytes
        on_all = job.room_tier == ALL_TIERS
        tiers = [tier for tier in self.tiers if on_all or job.room_tier in (None, tier.alias)]
        if needed is None or not self.tiers or job.id in self.look_again:
            return None
        free = [tier.free for tier in tiers]
        if (sum(free) if on_all else max(free, default=-1)) >= needed:
            return None
        have = ", ".join(f"{each.alias} has {size(each.free)} free, {size(each.reserved)} reserved" for each in tiers)
        shares = {id_: sum(held.get(each.alias, 0) for each in tiers) for id_, held in self.promised.items()}
        most = sorted(((held, id_) for id_, held in shares.items() if held), reverse=True)[:SHOWN_JOBS]
        whose = ", ".join(f"job {id_} {size(held)}" for held, id_ in most)
        return f"{size(needed)} are needed; {have}" + (f" ({whose})" if whose else "")
