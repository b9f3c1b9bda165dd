"""Run as a program, in place of the supervisor: its jobs don't work but leave a brood behind, as the order's path says.

`/data/quiet` and `/data/exec`: a grandchild that forked twice, called setsid twice and ignores TERM, like the job
itself; with `exec` it is another program. `/data/memory`: takes memory without end. `/data/wait`: waits.
"""

import os
import signal
import sys
import time
from pathlib import Path

from avio.clock import boottime
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.results import Result
from supervisor.__main__ import main
from supervisor.child import entrypoint

STEP = 16 << 20


def work(order: Order, attempt: Attempt, directory: Path) -> Result:
    """What the job process does in place of its work; a file `asked` tells when it was asked to leave."""
    manner = (order.params.alluxio_uri or "").rpartition("/")[2]
    if manner in ("quiet", "exec"):
        leave_behind(directory, other_program=manner == "exec")
    if manner == "memory":
        hoard: list[bytes] = []
        while True:
            hoard.append(b"x" * STEP)
    tell(directory / "job", os.getpid())
    while not attempt.stopping():
        time.sleep(0.01)
    tell(directory / "asked", boottime())
    while manner != "wait":
        time.sleep(1)
    return Result(order.job, order.attempt, "stopped")


def leave_behind(directory: Path, *, other_program: bool) -> None:
    """Begin a process that is nobody's child, in a session of its own, twice over."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.closerange(0, 5)
    tell(directory / "stray", os.getpid())
    if other_program:
        os.execv("/bin/sleep", ["sleep", "300"])
    time.sleep(300)


def tell(file: Path, what: object) -> None:
    """Write a file that is complete once it is there."""
    part = file.with_suffix(".part")
    part.write_text(str(what))
    part.rename(file)


if __name__ == "__main__":
    entrypoint.run = work  # type: ignore[assignment]
    sys.exit(main())
