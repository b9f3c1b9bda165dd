"""Looking at processes from a test, by pid.

While pytest runs it adopts every orphan below it (see conftest), and an orphan that ended stays a zombie:
`os.kill(pid, 0)` does not tell whether it is gone, `is_alive` does.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Pids of what fixtures have started that live longer than a test.
kept: set[int] = set()


def is_alive(pid: int) -> bool:
    """Tell whether process `pid` is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children() -> set[int]:
    """Return the pids of this process's living children, adopted ones among them."""
    pids: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end between the listing and the reading
            pids |= {int(pid) for pid in (thread / "children").read_text().split()}
    return {pid for pid in pids if is_alive(pid)}


def command(pid: int) -> str:
    """Return the command line of `pid`, as far as it can be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return f"pid {pid}"


def slowness() -> float:
    """Return how many times longer than on a quiet machine a thing may take: the tasks for each processor."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def wait_until(condition: Callable[[], object], limit: float, what: str) -> None:
    """Return once `condition()` is true; fail the test, naming `what`, if it is not within `limit` seconds.

    The seconds are those of a quiet machine: beside other work it may take longer.
    """
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit * slowness(), f"not within {limit:g} s: {what}"
        time.sleep(0.02)
