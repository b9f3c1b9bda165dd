"""How many lines a client without a share of web gets in the access log. Pure. Run by web's threads."""

import threading
from collections import Counter

LINES = 10  # a second for each address


class AccessQuota:
    """Counts lines by address, each second anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second = 0
        self._asked: Counter[str] = Counter()

    def take(self, address: str, now: float) -> tuple[bool, dict[str, int]]:
        """Return whether a request may have a line, and how many had none by address, once their second is over."""
        with self._lock:
            skipped = self._begin(int(now))
            self._asked[address] += 1
            return self._asked[address] <= LINES, skipped

    def flush(self, now: float) -> dict[str, int]:
        """Return how many had no line by address, if their second is over."""
        with self._lock:
            return self._begin(int(now))

    def _begin(self, second: int) -> dict[str, int]:
        if second == self._second:
            return {}
        skipped = {address: count - LINES for address, count in self._asked.items() if count > LINES}
        self._second = second
        self._asked.clear()
        return skipped
