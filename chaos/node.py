"""`python -m chaos.node`: a supervisor whose job processes hold the witness lock, and die where the path says so."""

import os
import signal
import sys
from pathlib import Path

from avio.executor.attempt import Attempt
from avio.executor.run import run
from avio.wire.orders import Order
from avio.wire.results import Result
from supervisor.__main__ import main
from supervisor.child import entrypoint
from tests.process.programs.witness import hold

POISON = "poison"


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does: it takes the lock of its job for as long as it lives, then works as ever."""
    hold(order)
    if POISON in (order.params.alluxio_uri or ""):
        os.kill(os.getpid(), signal.SIGKILL)
    return run(order, attempt, directory)


if __name__ == "__main__":
    entrypoint.run = work
    sys.exit(main())
