"""Knows which workers are alive. Alluxio lists a dead worker, and its blocks, for minutes.

Used in web and the job process, from any thread. It learns from the master's web port, or from what another process
of the node has asked there, and from failed calls.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterable

from avio.engines.alluxio.clients.cluster_info import WorkerInfo
from avio.engines.alluxio.clients.status import Address, Location
from avio.engines.alluxio.clients.web_info import WebInfo
from avio.engines.alluxio.view.heartbeats import lag_seconds
from avio.engines.alluxio.view.looks import Look, Looks, look, pause_after
from avio.errors import EngineError

LOOKS_SECONDS = 0.5  # between two reads of the looks of the node
SILENT_SECONDS = 10  # seconds without a heartbeat (one per second), after which a worker's blocks don't count
PROBE_SECONDS = 1.0  # seconds to connect

log = logging.getLogger(__name__)


class Roster:
    """The workers that answer."""

    def __init__(self, info: WebInfo) -> None:
        self._info = info
        self._lock = threading.Lock()
        self._poll_lock = threading.Lock()  # held by the thread that asks the master
        self._next_poll = float("-inf")
        self._looks: Looks | None = None
        self._asked = float("-inf")  # when the newest answer was asked for, here or by another process
        self._known: tuple[WorkerInfo, ...] = ()
        self._answers = 0  # of the master, with the use of the workers
        self._aliases: list[str] = []
        self._lag = lag_seconds({})
        self._heard = False  # True after any worker answered us
        self._lost: set[Address] = set()  # from our own calls
        self._absent: frozenset[Address] = frozenset()  # from our calls or from the master

    def use(self, looks: Looks) -> None:
        """Go by the looks of the node while they are recent."""
        self._looks = looks

    def live(self) -> list[WorkerInfo]:
        """Return the workers that the master lists as live and that no call has found dead."""
        return self.answer()[1]

    def answer(self) -> tuple[int, list[WorkerInfo]]:
        """Return the number of the newest answer of the master, with its workers as in `live`."""
        self._poll()
        with self._lock:
            return self._answers, [each for each in self._known if each.live and each.address not in self._absent]

    def counts(self, location: Location) -> bool:
        """Return True if the worker of a replica is alive. If the master's web port is closed, all count as alive."""
        self._poll()
        return location.worker not in self._absent

    def lag(self) -> float:
        """Return the seconds after which the master knows of all that workers were told or did before.

        A block that is loaded again sooner is forgotten with the report of its removal.
        """
        self._poll()
        return self._lag

    def rank(self, alias: str) -> int:
        """Return the place of a tier, 0 for the best."""
        self._poll()
        return self._aliases.index(alias) if alias in self._aliases else len(self._aliases)

    def best(self, locations: Iterable[Location]) -> Location | None:
        """Return the best replica on a live worker."""
        there = [location for location in locations if self.counts(location)]
        return min(there, key=lambda location: self.rank(location.tier), default=None)

    def lost(self, address: Address) -> None:
        """A call to this worker failed: its blocks don't count until it answers again."""
        with self._lock:
            self._lost.add(address)
            self._update_absent()

    def answers(self, address: Address) -> bool:
        """Connect to a worker, and remember whether it answers."""
        try:
            socket.create_connection(address, PROBE_SECONDS).close()
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
            self._update_absent()
        return True

    def probe(self) -> bool:
        """Connect to every worker; return True if one answers."""
        self._poll()
        answers = [
            self.answers(worker.address) for worker in self._known
        ]  # probe all of them, whatever the first answers
        return any(answers)

    def insist(self) -> EngineError | None:
        """Ask the master with all patience. Return the error if its web port does not answer."""
        try:
            self._learn(look(self._info.cluster))
        except EngineError as error:
            return error
        return None

    def _update_absent(self) -> None:
        """Compute the absent workers.

        If no worker ever answered us, our own calls prove nothing: only the master's list counts.
        """
        lost = self._lost if self._heard else ()
        silent = (worker.address for worker in self._known if not worker.live or worker.silent > SILENT_SECONDS)
        self._absent = frozenset([*lost, *silent])

    def _learn(self, seen: Look) -> None:
        with self._lock:
            self._asked = seen.asked
            self._known = seen.workers
            self._answers += 1
            self._aliases = list(seen.aliases)
            self._lag = seen.lag
            self._update_absent()

    def _poll(self) -> None:
        """Ask the master if it is due. Meanwhile other threads use the last answer, if there is one."""
        if time.monotonic() < self._next_poll or not self._poll_lock.acquire(blocking=not self._known):
            return
        try:
            if time.monotonic() >= self._next_poll:
                pause = self._read_look() or self._ask()
                self._next_poll = time.monotonic() + pause
        finally:
            self._poll_lock.release()

    def _read_look(self) -> float | None:
        """Take over the newest look of the node. Return the seconds to the next read, None without one."""
        seen = None if self._looks is None else self._looks.newest()
        if seen is None:
            return None
        if seen.asked > self._asked:
            self._learn(seen)
        return LOOKS_SECONDS

    def _ask(self) -> float:
        """Ask the master. Return the seconds to the next time."""
        began = time.monotonic()
        try:
            self._learn(look(lambda: self._info.cluster(fresh=True, patience=0)))  # requests wait for this answer
        except EngineError as error:  # keep the last answer: workers survive a restart of the master
            log.debug("the master's web port: %s", error)
        return pause_after(time.monotonic() - began)
