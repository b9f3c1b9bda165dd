"""The files in memory into which the workers of one web write their metrics. Made and handed out by gunicorn's master.

A worker gets the file of a dead one and goes on in it: there are never more than there may be workers at once.
"""

from avio.metrics.observed import memory_files


class MetricsFiles:
    """So many files; workers inherit all of them."""

    def __init__(self, number: int) -> None:
        self.descriptors = memory_files(number)
        self._free = list(range(number))

    def take(self) -> int | None:
        """Return the place of a free file, or None if there is none: that worker shows what it sees itself, alone."""
        return self._free.pop(0) if self._free else None

    def give_back(self, place: int | None) -> None:
        """Let another worker go on in the file of one that has ended."""
        if place is not None:
            self._free.insert(0, place)
