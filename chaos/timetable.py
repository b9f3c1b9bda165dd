"""Schedules with a tick each minute, under all faults: every tick makes one job, and these are judged as any other."""

from chaos import trees
from chaos.canaries import Found
from chaos.orders import MOUNT, Ordered, Orders
from chaos.world import World
from tests.processes import wait_until

FILES = 60
MINUTE = 60
HANDLED_LIMIT = 120.0  # seconds until an aggregator that is alive again has handled what is due

_JOBS = "SELECT id, idem_key, created_at FROM jobs WHERE schedule_id = %s"


class Timetable:
    """The schedules of a world, from `begin` to `end`."""

    def __init__(self, world: World, orders: Orders) -> None:
        self._world, self._orders = world, orders

    def begin(self) -> None:
        """Make them, each for a tree of its own."""
        for overlap in ("queue", "skip"):
            name = self._orders.name("timed")
            trees.plant(self._world.bucket, name, FILES)
            params = {"alluxioUri": f"/{MOUNT}/{name}"}
            body = {"name": name, "type": 1, "params": params, "cron": "* * * * *", "overlap": overlap}
            self._orders.request("POST", "/schedules", body)

    def end(self) -> None:
        """Pause them once all ticks until now are handled, and give their jobs to those who judge."""
        due = "SELECT id FROM schedules WHERE look_at < extract(epoch FROM clock_timestamp())"
        wait_until(lambda: not self._world.ask(due), HANDLED_LIMIT, "ticks that are due are handled")
        made = self._world.ask("SELECT id, name FROM schedules")
        for schedule, name in made:
            self._orders.request("PATCH", f"/schedules/{schedule}", {"paused": True})
            for job, key, created in self._world.ask(_JOBS, schedule):
                self._orders.accepted.append(Ordered(job, key, "timed", name, FILES, sent_at=created))

    @property
    def found(self) -> Found:
        """Return how many jobs were made, and the ticks without one or with several."""
        looked, wrong = 0, []
        for schedule, overlap, created, paused in self._world.ask(
            "SELECT id, overlap, created_at, updated_at FROM schedules"
        ):
            ticks = [int(key.rpartition(":")[2]) for _, key, _ in self._world.ask(_JOBS, schedule)]
            looked += len(ticks)
            wrong += [f"tick {tick} of {schedule} made two jobs" for tick in set(ticks) if ticks.count(tick) > 1]
            first = int(created) // MINUTE * MINUTE + MINUTE
            if overlap == "queue":
                missing = set(range(first, int(paused) - MINUTE, MINUTE)) - set(ticks)
                wrong += [f"tick {tick} of {schedule} made no job" for tick in sorted(missing)]
        return looked, wrong or ([] if looked else ["no schedule has made a job"])
