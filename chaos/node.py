"""`python -m chaos.node`: a supervisor whose job processes hold a lock as witness, and die where the path says so.

The kernel frees the lock with the process: who finds it taken runs beside another attempt of the same job.
"""

import fcntl
import os
import signal
import sys
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from avio.executor.attempt import Attempt
from avio.executor.run import run
from avio.wire.orders import Order
from avio.wire.results import Result
from supervisor import child
from supervisor.__main__ import main

POISON = "poison"
WITNESS_MOUNT = "/witness"
OVERLAP = ".overlap"

held: list[IO[str]] = []


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does: it takes the lock of its job for as long as it lives, then works as ever."""
    place = Path(urlsplit(order.engine["mounts"][WITNESS_MOUNT]["url"]).path)
    lock = open(place / f"{order.job}.lock", "w")  # noqa: SIM115 - closed by the kernel
    held.append(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        (place / f"{order.job}.{order.attempt}{OVERLAP}").touch()
    if POISON in (order.params.alluxio_uri or ""):
        os.kill(os.getpid(), signal.SIGKILL)
    return run(order, attempt, directory)


if __name__ == "__main__":
    child.run = work
    sys.exit(main())
