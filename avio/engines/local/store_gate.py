"""Holds all movers of a job while the store is unavailable, so that no file is given up for that.

Used in the job process, by several threads at once.
"""

import threading
import time
from collections.abc import Callable

from avio.engines.base import Entry
from avio.engines.cancel import Stopped, check_cancelled, sleep
from avio.engines.run import Run
from avio.errors import EngineAway

AWAY_SECONDS = 300.0  # how long the movers wait for a store before the job begins again
PROBE_SECONDS = 1.0  # between two questions to a store that does not answer
# Seconds of the pauses while a store answers questions but moves no file.
PAUSES_SECONDS = (1.0, 5.0, 15.0)
# Rounds of tries, one after the other, in which a file failed while others moved: then the failure is its own. One
# round is no proof: the store may have moved files, and then gone (or the other way round), during these tries.
OWN_FAILURE_ROUNDS = 2
_POLL_SECONDS = 0.1


class StoreGate:
    """One attempt's gate. `answers(entry)` returns True if the store of an entry answers a question."""

    def __init__(self, answers: Callable[[Entry], bool], run: Run) -> None:
        self._answers = answers
        self._run = run
        self._pauses = 0  # since the last file that moved
        self._taking_charge = threading.Lock()
        self._in_charge = False
        self._given_up: EngineAway | None = None
        self.moved = 0  # files that the store has answered for

    @property
    def closed(self) -> bool:
        """Return True while the movers wait."""
        return self._in_charge

    def wait(self) -> None:
        """Return when the gate is open. Raise Stopped, or EngineAway after the store was given up."""
        while self._in_charge:
            check_cancelled(self._run)
            time.sleep(_POLL_SECONDS)
        if self._given_up is not None:
            raise self._given_up

    def succeeded(self, files: int = 1) -> None:
        """Count files for which the store has answered."""
        self.moved += files
        self._pauses = 0

    def another_round(self, entry: Entry, error: EngineAway, beside_others: int) -> bool:
        """Return True when `entry` is to be moved again: its store was unavailable, and answers again.

        `beside_others`: the last rounds of its tries in which others moved. Return False if the failure is the file's
        own: enough of these rounds, or pauses did not help. Raise EngineAway when the store does not answer for too
        long.
        """
        with self._taking_charge:
            waits = self._in_charge
            self._in_charge = True
        if waits:
            self.wait()
            return True
        try:
            return self._ride_out(entry, error, beside_others)
        finally:
            self._run.waits(None, self)
            self._in_charge = False

    def _ride_out(self, entry: Entry, error: EngineAway, beside_others: int) -> bool:
        if self._answers(entry):
            if beside_others:
                return beside_others < OWN_FAILURE_ROUNDS
            if self._pauses == len(PAUSES_SECONDS):
                return False
            self._pauses += 1
            self._run.waits(error, self)
            self._sleep(PAUSES_SECONDS[self._pauses - 1])
            return True
        self._run.waits(error, self)
        begin = time.monotonic()
        while not self._answers(entry):
            if time.monotonic() - begin > AWAY_SECONDS:
                self._given_up = EngineAway(
                    f"{error.message}; the store has not answered for {AWAY_SECONDS:.0f} s", cure=error.cure
                )
                raise self._given_up
            self._sleep(PROBE_SECONDS)
        return True

    def _sleep(self, seconds: float) -> None:
        self._run.moved(0)  # an attempt that waits has not stalled
        if not sleep(seconds, self._run.stopping):
            raise Stopped
