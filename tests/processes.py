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
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] not in b"ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children() -> set[int]:
    """Return the pids of this process's living children, adopted ones among them."""
    return {pid for pid in _all_children() if is_alive(pid)}


def reap(others: set[int]) -> None:
    """Take the exit codes of children that ended, but those of `others`: each look at the children reads them all."""
    for pid in _all_children() - others:
        with suppress(ChildProcessError):  # whoever started it may have asked at the same time
            os.waitpid(pid, os.WNOHANG)


def _all_children() -> set[int]:
    pids: set[int] = set()
    for thread in os.listdir("/proc/self/task"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end between the listing and the reading
            pids |= {int(pid) for pid in _read(f"/proc/self/task/{thread}/children").split()}
    return pids


def _read(path: str) -> bytes:
    """Return what a small file of /proc has; each test reads some, so it takes no more than three calls."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)


def command(pid: int) -> str:
    """Return the command line of `pid`, as far as it can be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return f"pid {pid}"


def open_files(kind: str) -> int:
    """Return how many files this process has open whose name in /proc has `kind`, such as `eventpoll`."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # it was closed meanwhile
            links.append(os.readlink(f"/proc/self/fd/{name}"))
    return sum(kind in link for link in links)


def slowness() -> float:
    """Return how many times longer than on a quiet machine a thing may take: the tasks for each processor."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def wait_until(condition: Callable[[], object], limit: float, what: str) -> None:
    """Return once `condition()` is true; fail the test, naming `what`, if it is not within `limit` seconds.

    The seconds are those of a quiet machine: beside other work it may take longer.
    """
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < limit * slowness(), f"not within {limit:g} s: {what}"
        # Less often as time goes by: many tests wait for seconds at the same time, and looks cost what they wait for.
        time.sleep(min(0.02 + waited / 20, 0.1))
