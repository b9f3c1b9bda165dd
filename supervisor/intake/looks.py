"""Has the engine look at the cache once for all jobs of the node: each of them would ask the same again and again.

Runs in intake, in a thread of its own. Jobs only read the looks: none may tell another what the cache says.
"""

import logging
import time

from avio.config import Settings
from avio.engines.factory import open_engine
from avio.log import LogPace
from supervisor.intake.node_metrics import Timed, untimed
from supervisor.intake.slots import Slots
from supervisor.shared.spool import Spool

IDLE_SECONDS = 0.5  # between two checks for jobs
RETRY_SECONDS = 2.0
NEVER_SECONDS = 3600.0

log = logging.getLogger(__name__)


class NodeLooks:
    """The looks of one intake. `needed` is False if the engine has none, or the spool has no room for them."""

    def __init__(self, settings: Settings, slots: Slots, spool: Spool, timed: Timed = untimed) -> None:
        self._engine = open_engine(settings.engine_settings())
        self._slots, self._file, self._timed = slots, spool.looks, timed
        self._pace = LogPace()
        self.needed = self._engine.shares_looks
        try:
            spool.make_looks()  # before the first job, whose walls are made for a directory that is there
        except OSError as error:
            log.warning("each job asks the cache by itself, and evicts nothing", extra={"why": str(error)})
            self.needed = False

    def run(self) -> None:
        """Look while there are jobs, for ever."""
        while not self.needed:
            time.sleep(NEVER_SECONDS)
        while True:
            time.sleep(self.look() if self._slots.held() else IDLE_SECONDS)

    def look(self) -> float:
        """Look once. Return the seconds to the next time. Jobs don't use a look that is too old."""
        try:
            with self._timed("look"):
                return self._engine.look(self._file)
        except Exception as error:  # whatever the cache says: intake has other work
            if self._pace.is_due(repr(error)):
                log.warning("no look at the cache; each job asks it by itself", extra={"why": repr(error)})
            return RETRY_SECONDS
