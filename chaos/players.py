"""Everybody who does something to one world: users, another hand, the faults, and those who watch and judge."""

import random
from pathlib import Path

from chaos.canaries import Canaries, Found
from chaos.crowd import Crowd
from chaos.fleet import Fleet
from chaos.ground import Ground
from chaos.invariants import Invariants
from chaos.judgements import Judgements
from chaos.measures import Measures
from chaos.orders import Orders
from chaos.referee import Referee
from chaos.store_orders import StoreOrders
from chaos.storm import Storm
from chaos.timetable import Timetable
from chaos.twins import Twins
from chaos.world import World
from tests.e2e.terminal import Terminal


class Players:
    """All of them, each with a random order of its own by `seed`."""

    def __init__(self, world: World, user: Terminal, ground: Ground, seed: int, old: Path | None) -> None:
        self.ground, self.world = ground, world
        self.orders, self.storm = Orders(world, user, random.Random(seed)), Storm(world, random.Random(seed + 1))
        self.measures = Measures(world, self.orders, random.Random(seed + 2))
        self.canaries, self.twins = Canaries(world, user), Twins(world)
        self.fleet = Fleet(world, old)
        self._judgements = Judgements(ground.model, ground.cached)
        self.store_orders = StoreOrders(
            self.orders, ground.model, ground.hand, ground.cached, ground.disk, random.Random(seed + 5)
        )
        self.referee = Referee(world, self.store_orders, self._judgements)
        self.timetable = Timetable(world, self.orders)
        self.crowd = Crowd(world, self.orders, ground.small, random.Random(seed + 6))

    def begin(self) -> None:
        """Let all users order, and all watchers watch."""
        for player in (self.orders, self.store_orders, self.ground.hand, self.referee, self.crowd, self.timetable):
            player.begin()

    def end_orders(self) -> None:
        """Order no more. What was ordered goes on."""
        for player in (self.ground.hand, self.store_orders, self.orders, self.timetable):
            player.end()

    def end(self) -> None:
        """Return when all jobs of the crowd have ended, and all is judged."""
        self.crowd.end()
        self.referee.end()

    def checks(self) -> "dict[str, Found]":
        """Return what was looked at and what was wrong, by what it makes sure of."""
        invariants = Invariants(self.world, self.orders, self.canaries, self.measures.long_faults, self.ground.absences)
        return {name: check() for name, check in invariants.checks().items()} | {
            "I15 hostile store: all that was there, no bytes it had not": (self.referee.looked, self.referee.wrong),
            "I16 what users wrote into the cache is there or saved": self._judgements.written(),
            "I17 avio stored the cache's bytes alone, over none unseen": self._judgements.stored(),
            "I18 every job on it ended within 300 s of its order": self.referee.ended_within,
            "I19 nothing was written into a bare mount point": (len(self.ground.absences), self.ground.stray),
            "I20 two jobs on a small tier: never more than fits": self.crowd.found,
            "I21 a second supervisor of a name leaves, and has no job": self.twins.found,
            "I22 a stepped clock is that of all processes of its part": self.world.clocks.found,
            "I23 the node of another version runs that, and has jobs": self.fleet.found,
            "I24 every tick of a schedule made one job": self.timetable.found,
        }
