"""One job process as keeper sees it: pid, pipes, log, and how far its ending is.

Used by keeper alone, on the parent's side of the fork.
"""

import fcntl
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from avio.isolation.cgroups import Group
from avio.isolation.ladder import Ground
from supervisor import child, tree
from supervisor.joblog import JobLog
from supervisor.pulse import Pulse

# The order and a few deadlines must fit without a reader, since keeper never waits for a job.
CONTROL_PIPE_BYTES = 1 << 20
REPORT_BYTES = 1 << 16


@dataclass(slots=True)
class JobProcess:
    """A forked job process. Times are keeper's clock: `kill_at` is when TERM has had its time.

    `exit_code` is negative for a signal and None while the process is there, whose children may outlive it.
    """

    job: str
    attempt: int
    pid: int
    control: int
    report: int
    log: JobLog
    group: Group | None
    pulse: Pulse
    kill_at: float | None = None
    killed_at: float | None = None
    exit_code: int | None = None
    max_rss: int = 0
    drained: bool = False
    stalled: bool = False
    unkillable: bool = False
    files_done: int = 0
    _reported: bytes = field(default=b"")
    _beats: int = -1
    _beat_at: float = 0.0

    def renew(self, deadline: float) -> None:
        """Give the process its new deadline; one that does not read misses it and ends by the last."""
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self.control, f"{deadline}\n".encode())

    def hear(self) -> str | None:
        """Return what the process says of its isolation, None while there is more to come; "" when it says nothing."""
        with suppress(BlockingIOError):
            while data := os.read(self.report, REPORT_BYTES):
                self._reported += data
            return self._reported.decode(errors="replace")
        return None

    def stalls(self, now: float, limit: float) -> bool:
        """Tell, once, that nothing has got further for `limit` seconds: no byte moved, no entry looked at."""
        beats, self.files_done = self.pulse.read()
        if beats != self._beats:
            self._beats, self._beat_at = beats, now
        if self.stalled or self.kill_at is not None or self.exit_code is not None or now - self._beat_at < limit:
            return False
        self.stalled = True
        return True

    def terminate(self, now: float, grace: float) -> None:
        """Ask the process to leave; `kill_if_due` ends it once `grace` seconds are over."""
        if self.kill_at is None:
            self.kill_at = now + grace
            if self.exit_code is None:
                os.kill(self.pid, signal.SIGTERM)

    def kill(self, now: float) -> None:
        """Kill all of it: by its control group where it has one, and by walking its tree."""
        self.killed_at = self.killed_at or now
        if self.group is not None:
            self.group.kill()
        if self.exit_code is None:
            tree.kill(self.pid)

    def kill_if_due(self, now: float) -> None:
        """Kill all of it when its time is over, or when it is gone and has left children behind."""
        if self.exit_code is not None or (self.kill_at is not None and now >= self.kill_at):
            self.kill(now)

    def gone(self) -> bool:
        """Tell whether nothing is left of it, as far as its control group knows."""
        return self.exit_code is not None and (self.group is None or self.group.empty())

    def close(self) -> None:
        """Give back its descriptors, its page and its control group."""
        _, self.files_done = self.pulse.read()
        self.pulse.close()
        self.log.close()
        os.close(self.control)
        os.close(self.report)
        if self.group is not None:
            self.group.remove()


def fork(job: str, attempt: int, directory: Path, order: str, deadline: float, ground: Ground) -> JobProcess:
    """Fork a job process with its order and first deadline in its pipe. Only the main thread may call it."""
    control_read, control_write = os.pipe()
    log_read, log_write = os.pipe()
    report_read, report_write = os.pipe()
    pulse = Pulse()
    pid = os.fork()
    if pid == 0:
        child.main(ground, directory, control_read, log_write, report_write, pulse)
    for theirs in (control_read, log_write, report_write):
        os.close(theirs)
    for ours in (log_read, control_write, report_read):
        os.set_blocking(ours, False)
    fcntl.fcntl(control_write, fcntl.F_SETPIPE_SZ, CONTROL_PIPE_BYTES)
    process = JobProcess(
        job, attempt, pid, control_write, report_read, JobLog(directory, log_read), ground.group, pulse
    )
    os.write(control_write, f"{order}\n{deadline}\n".encode())
    return process
