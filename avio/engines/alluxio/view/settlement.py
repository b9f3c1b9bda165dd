"""The wait until the master knows of all loads, frees, removals and evictions before it.

Used in the job process.
"""

import time

from avio.engines.alluxio.view.departures import Books, Departures
from avio.engines.alluxio.view.roster import Roster
from avio.engines.cancel import sleep
from avio.engines.run import Run

LOOK_SECONDS = 0.3  # between two looks at the counts of the daemons


def settle(roster: Roster, run: Run, departures: Departures | None = None) -> None:
    """Wait until the master's books are true, or until the stop.

    This takes the lag of the books, less if `departures` shows that they are true before.
    """
    seconds = roster.lag()
    until = time.monotonic() + seconds
    with run.silent(seconds):
        while departures is not None and time.monotonic() < until and not run.stopping():
            match departures.books():
                case Books.TRUE:
                    return
                case Books.UNKNOWN:
                    break
            sleep(min(LOOK_SECONDS, until - time.monotonic()), run.stopping)
        sleep(until - time.monotonic(), run.stopping)
