"""Slowing down whoever guesses passwords: a bounded table of failed logins, in the memory of each web process."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from avio.clock import boottime
from avio.errors import TooMany

FREE_TRIES = 5
LONGEST_WAIT = 900
MAX_KEYS = 10_000


@dataclass(slots=True)
class _Record:
    tries: int = 0
    closed_until: float = 0.0


class Throttle:
    """Five tries for each (user, address), then one after 1, 2, 4 ... seconds, at most 15 minutes apart.

    A try is counted before the password is looked at, so that a burst of parallel ones gains nothing.
    """

    def __init__(self, clock: Callable[[], float] = boottime) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def enter(self, name: str, address: str) -> None:
        """Count a try; TooMany, with the seconds to wait, when it comes too early."""
        with self._lock:
            now = self._clock()
            record = self._records.setdefault((name, address), _Record())
            self._records.move_to_end((name, address))
            if now >= record.closed_until + LONGEST_WAIT:
                record.tries = 0
            if now < record.closed_until:
                wait = math.ceil(record.closed_until - now)
                raise TooMany("too many failed logins", cure=f"wait {wait} s, then try again", retry_after=wait)
            record.tries += 1
            record.closed_until = now + _wait_after(record.tries)
            if len(self._records) > MAX_KEYS:
                self._records.popitem(last=False)

    def clear(self, name: str, address: str) -> None:
        """Forget the tries after a login that succeeded."""
        with self._lock:
            self._records.pop((name, address), None)


def _wait_after(tries: int) -> float:
    """Seconds until the next try is looked at."""
    return 0 if tries < FREE_TRIES else min(2.0 ** min(tries - FREE_TRIES, 20), LONGEST_WAIT)
