"""One job process as keeper sees it: pid, pipes, log, and how far its ending is.

Used by keeper alone, on the parent's side of the fork.
"""

import fcntl
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from supervisor import child, tree
from supervisor.joblog import JobLog

# The order and a few deadlines must fit without a reader, since keeper never waits for a job.
CONTROL_PIPE_BYTES = 1 << 20


@dataclass(slots=True)
class JobProcess:
    """A forked job process. `kill_at` is when TERM has had its time, on keeper's clock."""

    job: str
    attempt: int
    pid: int
    control: int
    log: JobLog
    kill_at: float | None = None
    drained: bool = False

    @property
    def tag(self) -> str:
        """What its exec'ed children carry in their environment."""
        return f"{self.job}.{self.attempt}"

    def renew(self, deadline: float) -> None:
        """Give the process its new deadline; one that does not read misses it and ends by the last."""
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self.control, f"{deadline}\n".encode())

    def terminate(self, now: float, grace: float) -> None:
        """Ask the process to leave; `kill_if_late` ends it once `grace` seconds are over."""
        if self.kill_at is None:
            self.kill_at = now + grace
            os.kill(self.pid, signal.SIGTERM)

    def kill_if_late(self, now: float) -> None:
        """Kill the whole tree when the process was asked to leave and did not."""
        if self.kill_at is not None and now >= self.kill_at:
            tree.kill(self.pid)

    def close(self) -> None:
        """Give back its descriptors."""
        self.log.close()
        os.close(self.control)


def fork(job: str, attempt: int, directory: Path, order: str, deadline: float) -> JobProcess:
    """Fork a job process with its order and first deadline in its pipe. Only the main thread may call it."""
    control_read, control_write = os.pipe()
    log_read, log_write = os.pipe()
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        child.main(keeper, directory, control_read, log_write)
    os.close(control_read)
    os.close(log_write)
    os.set_blocking(log_read, False)
    os.set_blocking(control_write, False)
    _widen(control_write)
    process = JobProcess(job, attempt, pid, control_write, JobLog(directory, log_read))
    os.write(control_write, f"{order}\n{deadline}\n".encode())
    return process


def _widen(pipe: int) -> None:
    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CONTROL_PIPE_BYTES)
