"""Removes the temporaries that dead attempts left in cache and buckets, and has the tiers measured and surveyed.

Runs in intake: the sweep in its database thread, the rest in two threads of their own, since a tier may be slow, and a
frozen process may have the lock of its book. Temporaries of live attempts, of any node, stay.
"""

import logging
import threading
import time
from collections.abc import Mapping

from peewee import PeeweeException

from avio.config import Settings
from avio.db import leases, rooms
from avio.db.connection import AWAY, borrow
from avio.db.rooms import TierRoom
from avio.engines.factory import open_engine
from avio.errors import EngineError
from avio.log import LogPace
from avio.wire.options import Ability
from supervisor.intake.node_metrics import Timed, untimed
from supervisor.intake.survey import Surveyor

# Seconds between two looks at whether a tier must be measured again.
MEASURE_SECONDS = 30.0

REPORT_SECONDS = 5.0  # between two reports of the room in the tiers

log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the engine's temporaries; if a store is unavailable, the next sweep removes them."""

    def __init__(self, settings: Settings, timed: Timed = untimed) -> None:
        self._timed = timed
        self._engine = open_engine(settings.engine_settings())
        self._pace = LogPace()
        self._surveyor = Surveyor(settings.node, self._engine.surveys)
        self.ready = threading.Event()  # the tiers are checked: before, nothing may be written there

    def expect(self, ids: Mapping[str, str]) -> None:
        """Work only on tiers whose disk has its id in `ids`."""
        self._engine.expect(ids)
        self.ready.set()

    def sweep(self) -> None:
        """Remove the temporaries of attempts that no node has."""
        try:
            with borrow():
                self._engine.sweep(leases.live_attempts)
        except (EngineError, OSError) as error:
            log.warning("sweep failed", extra={"why": str(error)})

    def report_tiers(self) -> None:
        """Write the figures of the tiers into the database, for jobs that wait for room there.

        While a disk fails nothing is told. An engine for which no job waits is not asked: its answer may take long.
        """
        if Ability.WAIT_FOR_ROOM not in self._engine.abilities:
            return
        try:
            with self._timed("capacity"):
                found = self._engine.capacity()
            told = [TierRoom(each.alias, each.capacity, each.used, each.reserved, each.free) for each in found]
            with borrow():
                rooms.report(told)
        except (EngineError, OSError, PeeweeException, *AWAY) as error:
            if self._pace.is_due(repr(error)):
                log.warning("room of the tiers not told", extra={"why": str(error)})

    def report_for_ever(self) -> None:
        """Report the tiers from time to time, for ever."""
        self.ready.wait()
        while True:
            self.report_tiers()
            time.sleep(REPORT_SECONDS)

    def measure_tiers(self) -> None:
        """Measure and survey the tiers whenever their numbers are old, for ever."""
        self.ready.wait()
        while True:
            try:
                self._engine.measure()
            except (EngineError, OSError) as error:
                log.warning("a tier was not measured", extra={"why": str(error)})
            self._surveyor.look()
            time.sleep(MEASURE_SECONDS)
