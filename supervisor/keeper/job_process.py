"""keeper's side of one job process: pid, pipes, log, and the steps of ending it.

Used by keeper alone, on the parent's side of the fork.
"""

import os
import select
import signal
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from avio.isolation.cgroups import Group
from avio.isolation.ladder import Ground
from avio.wire.limits import Limits
from supervisor.child import entrypoint
from supervisor.keeper import process_tree
from supervisor.keeper.job_log import JobLog
from supervisor.shared.control import Begin, Control, Deadline, EarlierJobs
from supervisor.shared.heartbeat import Heartbeat
from supervisor.shared.json_lines import encode
from supervisor.shared.messages import Adjust, Ended, Started, StillBefore, Stop

# The kernel writes a message of up to this size whole or not at all.
ATOMIC_BYTES = select.PIPE_BUF
REPORT_BYTES = 1 << 16


@dataclass(slots=True)
class JobProcess:
    """A forked job process. Times are in seconds on CLOCK_BOOTTIME: at `kill_at` its grace after TERM is over.

    `exit_code` is negative for a signal, and None while the process runs. Its children may outlive it.
    """

    job: str
    attempt: int
    pid: int
    control: int
    report: int
    log: JobLog
    group: Group | None
    heartbeat: Heartbeat
    kill_at: float | None = None
    killed_at: float | None = None
    exit_code: int | None = None
    max_rss: int = 0
    drained: bool = False
    stalled: bool = False
    unkillable: bool = False
    started: Started | None = None
    files_done: int = 0
    unsent: bytes = b""
    limits: Limits | None = None
    earlier: EarlierJobs | None = None
    _reported: bytes = field(default=b"")
    _beats: int = -1
    _beat_at: float = 0.0

    def send(self, message: Control) -> None:
        """Tell the process something, in at most `ATOMIC_BYTES`; one that does not read misses it."""
        line = encode(message)
        assert len(line) <= ATOMIC_BYTES
        if self.unsent:  # its order comes first
            self.unsent += line
            return
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self.control, line)

    def renew(self, deadline: float) -> None:
        """Tell it the deadline, and again what has changed since its begin: a process that was frozen may miss some."""
        self.send(Deadline(deadline))
        for changed in (self.limits, self.earlier):
            if changed is not None:
                self.send(changed)

    def obey(self, message: Stop | Adjust | StillBefore, now: float, grace: float) -> None:
        """Ask the process to stop, or tell it other limits, or which earlier jobs still run."""
        if isinstance(message, Stop):
            self.terminate(now, grace)
        elif isinstance(message, StillBefore):
            self.earlier = EarlierJobs(message.jobs)
            self.send(self.earlier)
        else:
            self.limits = Limits(message.bandwidth, message.concurrency)
            self.send(self.limits)

    def send_rest(self) -> bool:
        """Send what the pipe has room for, since keeper never waits for a job; True if nothing is left."""
        try:
            self.unsent = self.unsent[os.write(self.control, self.unsent) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:  # the process is gone
            self.unsent = b""
        return not self.unsent

    def read_report(self) -> str | None:
        """Return the isolation that the process reports; None while the report is incomplete, "" if there is none."""
        with suppress(BlockingIOError):
            while data := os.read(self.report, REPORT_BYTES):
                self._reported += data
            return self._reported.decode(errors="replace")
        return None

    def stalls(self, now: float, limit: float) -> bool:
        """Return True, once, if there was no progress for `limit` seconds: no byte moved, no entry checked."""
        beats, self.files_done = self.heartbeat.read()
        if beats != self._beats:
            self._beats, self._beat_at = beats, now
        if self.stalled or self.kill_at is not None or self.exit_code is not None or now - self._beat_at < limit:
            return False
        self.stalled = True
        return True

    def terminate(self, now: float, grace: float) -> None:
        """Ask the process to stop; `kill_if_due` kills it after `grace` seconds."""
        if self.kill_at is None:
            self.kill_at = now + grace
            if self.exit_code is None:
                os.kill(self.pid, signal.SIGTERM)

    def kill(self, now: float) -> None:
        """Kill the process and all its descendants: by its control group if it has one, and by walking its tree."""
        self.killed_at = self.killed_at or now
        if self.group is not None:
            self.group.kill()
        if self.exit_code is None:
            process_tree.kill(self.pid)

    def kill_if_due(self, now: float) -> None:
        """Kill all of it if its grace is over, or if the process is gone and its children are not."""
        if self.exit_code is not None or (self.kill_at is not None and now >= self.kill_at):
            self.kill(now)

    def gone(self) -> bool:
        """Return True if nothing is left of it, as far as its control group knows."""
        return self.exit_code is not None and (self.group is None or self.group.empty())

    def ended(self, *, out_of_memory: bool) -> Ended:
        """Return how it ended. Call it after `close`, once its exit code is known."""
        assert self.exit_code is not None
        return Ended(
            self.job,
            self.attempt,
            code=self.exit_code if self.exit_code >= 0 else None,
            signal=-self.exit_code if self.exit_code < 0 else None,
            max_rss=self.max_rss,
            drained=self.drained,
            out_of_memory=out_of_memory,
            stalled=self.stalled,
            files_done=self.files_done,
        )

    def close(self) -> None:
        """Close its descriptors and its page, and remove its control group."""
        _, self.files_done = self.heartbeat.read()
        self.heartbeat.close()
        self.log.close()
        os.close(self.control)
        os.close(self.report)
        if self.group is not None:
            self.group.remove()


def fork(job: str, attempt: int, directory: Path, order: str, deadline: float, ground: Ground) -> JobProcess:
    """Fork a job process with its order and first deadline in its pipe. Only the main thread may call it.

    An order that is larger than the pipe is sent by `send_rest`. Raises OSError when the machine allows no process;
    then nothing is left open.
    """
    with ExitStack() as undo:
        heartbeat = Heartbeat()
        undo.callback(heartbeat.close)
        (control_read, control_write), (log_read, log_write), (report_read, report_write) = (
            _pipe(undo) for _ in range(3)
        )
        log = JobLog(directory, log_read)
        undo.callback(log.abandon)
        pid = os.fork()
        if pid == 0:
            entrypoint.main(ground, directory, control_read, log_write, report_write, heartbeat)
        undo.pop_all()
    for theirs in (control_read, log_write, report_write):
        os.close(theirs)
    for ours in (control_write, log_read, report_read):
        os.set_blocking(ours, False)
    begin = encode(Begin(order, deadline))
    process = JobProcess(job, attempt, pid, control_write, report_read, log, ground.group, heartbeat, unsent=begin)
    process.send_rest()
    return process


def _pipe(undo: ExitStack) -> tuple[int, int]:
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing
