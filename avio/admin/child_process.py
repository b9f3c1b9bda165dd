"""One process that `avio-server up` starts: leader of its own session, logged to a file, gone when `up` is gone."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from avio.admin.closed_files import closed

PR_SET_PDEATHSIG = 1
KILL_SECONDS = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """Return what to run between fork and exec, so that the kernel sends `signal_number` when this process ends.

    The kernel's "parent" is the thread that forks: start children from a thread that lives as long as they do.
    """
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return prepare


class Child:
    """A started process. TERM goes to it alone, since it stops its own; KILL to its whole group."""

    def __init__(self, argv: Sequence[str], *, environ: Mapping[str, str], directory: Path, log: Path) -> None:
        with open(log, "ab", opener=closed) as output:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=environ,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to stop; nothing happens when it has ended."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and whatever is left of its group, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # stuck in the kernel: nothing more can be done from here
            self._process.wait(KILL_SECONDS)
