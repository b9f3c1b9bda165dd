"""Looks into /proc: processor time of what keeper has forked, and the peak of memory of each process of a server."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 0.1

_KINDS = {  # the words in a command line that tell what it is
    "avio job ": "job",
    "avio movers of ": "mother of movers",
    "avio mover ": "mover",
    "valkey-server": "valkey",
    "avio.aggregator": "aggregator",
    "supervisor.intake": "intake",
    "-m supervisor": "keeper",
    "gunicorn: master": "web, master",
    "gunicorn": "web",
    "cli.py up": "up",
}


def descendants(pid: int) -> Iterator[int]:
    """Yield the pids of all that is below `pid`, parents first."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from descendants(child)


def command(pid: int) -> str:
    """Return the command line or title of a process, "" if it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def kind(pid: int) -> str:
    """Return what a process of a server is."""
    text = command(pid)
    return next((name for words, name in _KINDS.items() if words in text), "other")


def find(up: int, wanted: str) -> list[int]:
    """Return the processes of a kind in the server whose `avio-server up` is `up`."""
    return [pid for pid in descendants(up) if kind(pid) == wanted]


def reaped_seconds(pid: int) -> float:
    """Return the processor time of the children that `pid` has waited for, with theirs: exact, in ticks of 10 ms."""
    return _seconds(pid, 13)


def own_seconds(pid: int) -> float:
    """Return the processor time that `pid` itself has used, in ticks of 10 ms."""
    return _seconds(pid, 11)


def _seconds(pid: int, field: int) -> float:
    """Return user and system time of /proc/PID/stat, which begin with `field` behind the name."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[field]) + int(fields[field + 1])) / TICK


@contextmanager
def watched_memory(up: int) -> Iterator[dict[str, float]]:
    """Fill a dict while the block runs: kind of process to its peak in MB, by the kernel's own high-water marks."""
    peaks: dict[str, float] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            for pid in descendants(up):
                if peak := _peak(pid):
                    name = kind(pid)
                    peaks[name] = max(peaks.get(name, 0.0), peak)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _peak(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0
