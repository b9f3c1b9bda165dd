"""Makes the jobs of schedules, in bites that hold nobody up.

Runs in the aggregator. Any number may run: see `avio.rules.ticks`.
"""

import time

from avio.config import Settings
from avio.db.connection import borrow
from avio.db.sql import now
from avio.rules import ticks

BITE_SECONDS = 0.2
BITE_SCHEDULES = 10
MOST_MENDED = 100


class Scheduler:
    """Handles the ticks that are due by the database's clock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def bite(self) -> None:
        """Handle due ticks for about `BITE_SECONDS`."""
        until = time.monotonic() + BITE_SECONDS
        while self._some() == BITE_SCHEDULES and time.monotonic() < until:
            pass

    def mend(self) -> None:
        """Look for schedules that the clock has led astray."""
        ticks.mend(_now(), MOST_MENDED)

    def _some(self) -> int:
        return ticks.run_due(_now(), self._settings, self._settings.queued_max, BITE_SCHEDULES)


def _now() -> float:
    with borrow():
        return now()
