"""Run as a program, in place of the supervisor: each job process holds a lock of its job for as long as it lives.

The kernel frees the lock with the process: who finds it taken runs beside another attempt of the same job, and says so.
"""

import fcntl
import sys
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from avio.executor.attempt import Attempt
from avio.executor.run import run
from avio.wire.orders import Order
from avio.wire.results import Result
from supervisor.__main__ import main
from supervisor.child import entrypoint

MOUNT = "/data"  # whose bucket is a directory that job processes may write to
FOLDER = "witness"

_held: list[IO[str]] = []


def hold(order: Order) -> None:
    """Take the lock of the job; leave a file behind where another process has it."""
    place = Path(urlsplit(order.engine["mounts"][MOUNT]["url"]).path, FOLDER)
    place.mkdir(exist_ok=True)
    lock = open(place / f"{order.job}.lock", "w")  # noqa: SIM115 - closed by the kernel
    _held.append(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        (place / f"{order.job}.{order.attempt}.overlap").touch()


def witnessed(bucket: Path) -> int:
    """Return how many jobs were seen to run."""
    return len(list((bucket / FOLDER).glob("*.lock")))


def overlaps(bucket: Path) -> list[str]:
    """Return the attempts that ran beside another one of the same job."""
    return [file.stem for file in (bucket / FOLDER).glob("*.overlap")]


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does: it takes the lock, then works as ever."""
    hold(order)
    return run(order, attempt, directory)


if __name__ == "__main__":
    entrypoint.run = work
    sys.exit(main())
