"""On what a run is made: cores, memory, kernel, and versions. No names and paths of the machine."""

import os
import platform
import re
import resource
import subprocess
import time
from pathlib import Path

from bench.data.peers import S5CMD, program
from bench.stack import ROOT
from tests.servers.golang import NoGo, go_binary


def facts() -> dict[str, str]:
    """Return what RESULTS.md says of the machine and the programs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {
        "cores": f"{os.cpu_count()}, {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "kernel": re.split(r"[-+]", platform.release())[0],
        "Python": platform.python_version(),
        "s5cmd": _version(S5CMD, "version"),
        "rclone": _version(program("rclone"), "version"),
        "SeaweedFS": _version(program("weed"), "version"),
        "Go": _go(),
    }


def commit() -> str:
    """Return the commit that is measured, and whether files differ from it."""
    short = _git("rev-parse", "--short=10", "HEAD")
    return (
        f"{short or 'no commit'}{' with changes' if _git('status', '--porcelain', '--', 'avio', 'supervisor') else ''}"
    )


class OtherWork:
    """What other processes took of the cores since this was made; ours count once they have ended."""

    def __init__(self) -> None:
        self._began, self._others = time.monotonic(), _busy_seconds() - _own_seconds()

    def share(self) -> float:
        """Return their share of all cores, from 0 to 1."""
        seconds = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return max(0.0, _busy_seconds() - _own_seconds() - self._others) / seconds


def _busy_seconds() -> float:
    """Return the time that all cores were not idle, or were taken away from this machine."""
    user, nice, system, _, _, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Return the processor time of this process, and of those that it and its children have waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _go() -> str:
    try:
        return _version(go_binary(), "version")
    except NoGo:
        return "none"


def _version(*command: str) -> str:
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "RCLONE_CONFIG": os.devnull}
    )
    found = re.search(r"\d+\.\d+(\.\d+)?", run.stdout)
    return found[0] if found else "unknown"


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()
