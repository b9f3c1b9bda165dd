"""Which workers are there: a dead one stays in Alluxio's books for minutes, and so do its blocks.

Used in web and the job process, from any thread. Learnt from the master's web port and from calls that fail.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterable

from avio.engines.alluxio.clusterinfo import WorkerInfo
from avio.engines.alluxio.masterinfo import MasterInfo
from avio.engines.alluxio.status import Address, Location
from avio.errors import EngineError

KEPT = 2.0  # seconds that a look at the master holds
SILENT = 10  # seconds without a heartbeat (there is one a second) after which a worker's blocks don't count
PROBE = 1.0  # seconds to connect

log = logging.getLogger(__name__)


class Roster:
    """The workers, as far as they answer."""

    def __init__(self, info: MasterInfo) -> None:
        self._info = info
        self._lock = threading.Lock()
        self._looking = threading.Lock()  # held by the one that asks the master
        self._looked = float("-inf")
        self._known: tuple[WorkerInfo, ...] = ()
        self._aliases: list[str] = []
        self._heard = False  # whether any worker ever answered us
        self._lost: set[Address] = set()  # by our own calls
        self._absent: frozenset[Address] = frozenset()  # by our calls or the master's

    def live(self) -> list[WorkerInfo]:
        """Return the workers that the master hears of and no call has found dead."""
        self._look()
        return [worker for worker in self._known if worker.live and worker.address not in self._absent]

    def counts(self, location: Location) -> bool:
        """Tell whether the worker of a replica is there. Where the master's web port is closed, all are."""
        self._look()
        return location.worker not in self._absent

    def rank(self, alias: str) -> int:
        """Return the place of a tier, 0 for the best."""
        self._look()
        return self._aliases.index(alias) if alias in self._aliases else len(self._aliases)

    def best(self, locations: Iterable[Location]) -> Location | None:
        """Return the best replica that is there."""
        there = [location for location in locations if self.counts(location)]
        return min(there, key=lambda location: self.rank(location.tier), default=None)

    def lost(self, address: Address) -> None:
        """A call to this worker found nobody: its blocks don't count until it answers again."""
        with self._lock:
            self._lost.add(address)
            self._reckon()

    def answers(self, address: Address) -> bool:
        """Knock at a worker's door and remember whether it is open."""
        try:
            socket.create_connection(address, PROBE).close()
        except PermissionError:
            log.warning("jobs may not connect to worker %s: add its port to worker_ports in [alluxio]", address)
            self.lost(address)
            return False
        except OSError:
            self.lost(address)
            return False
        with self._lock:
            self._heard = True
            self._lost.discard(address)
            self._reckon()
        return True

    def probe(self) -> bool:
        """Knock at every door; tell whether one is open."""
        self._look()
        doors = [self.answers(worker.address) for worker in self._known]  # at every one, open or not
        return any(doors)

    def _reckon(self) -> None:
        """Take stock. Where no worker ever answered, it is we who stand outside: the master's word holds alone."""
        lost = self._lost if self._heard else ()
        silent = (worker.address for worker in self._known if not worker.live or worker.silent > SILENT)
        self._absent = frozenset([*lost, *silent])

    def _look(self) -> None:
        """Ask the master if it is time; meanwhile the other threads go on with what is known, if anything is."""
        if time.monotonic() - self._looked < KEPT or not self._looking.acquire(blocking=not self._known):
            return
        try:
            if time.monotonic() - self._looked < KEPT:
                return
            cluster = self._info.cluster()
            with self._lock:
                self._known = cluster.workers
                self._aliases = list(cluster.tiers)
                self._reckon()
        except EngineError as error:  # what was known holds: a master that restarts does not kill its workers
            log.debug("the master's web port: %s", error)
        finally:
            self._looked = time.monotonic()
            self._looking.release()
