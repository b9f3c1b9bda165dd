"""keeper: forks job processes, watches and kills them, restarts intake. One thread, one loop.

It opens no database, Redis or TLS connection, so that a fork inherits none. Orders and leases come from
intake, over a socketpair; keeper remembers them when intake dies.
"""

import logging
import os
import selectors
import signal
from collections.abc import Iterator
from dataclasses import asdict
from types import FrameType

from avio import __version__
from avio.clock import boottime
from avio.faults import fault
from avio.isolation.cgroups import Groups, clear
from avio.isolation.plan import BASIC, Plan
from avio.isolation.session import adopt_orphans, hide_memory
from avio.signs import SignPost
from avio.stop_signals import handle_stop
from supervisor.keeper import process_tree
from supervisor.keeper.ground import ground_of
from supervisor.keeper.intake_process import SEND_SECONDS, IntakeProcess, Launched
from supervisor.keeper.job_process import JobProcess, fork
from supervisor.keeper.readiness import not_ready
from supervisor.shared.messages import (
    Adjust,
    Draining,
    Ended,
    Evict,
    Forget,
    KeeperState,
    Message,
    Registered,
    Renew,
    Start,
    Started,
    StillBefore,
    Stop,
    Unkillable,
)
from supervisor.shared.spool import Spool

LONGEST_TICK_SECONDS = 1.0

# How often to check that a killed process is gone: often at first, since its slot is needed.
KILLED_TICK_SECONDS = 0.01
KILLED_OFTEN_SECONDS = 2.0

# How long a draining node waits, after the grace of its jobs, until intake has written down their ends.
DRAIN_SECONDS = 15.0

log = logging.getLogger(__name__)

Attempt = tuple[str, int]


class Keeper:
    """The main loop of the supervisor. Signal handlers only count; the loop acts."""

    def __init__(
        self,
        spool: Spool,
        instance: str,
        plan: Plan,
        stop_grace: float,
        kill_wait: float,
        stall_after: float,
        intake: Launched,
        sign: SignPost,
    ) -> None:
        self._spool, self._instance, self._plan, self._sign = spool, instance, plan, sign
        self._groups = None if plan.mode == BASIC else Groups(plan.limits)
        self._stop_grace, self._kill_wait, self._stall_after = stop_grace, kill_wait, stall_after
        self._jobs: dict[Attempt, JobProcess] = {}
        self._given_up: set[int] = set()
        self._ended: dict[Attempt, Ended] = {}
        self._epoch: int | None = None
        self._deadline = 0.0
        self._selector = selectors.DefaultSelector()
        self._intake = IntakeProcess(self._selector, self._state, self._handle, intake)
        self._stop_requests = 0
        self._drain_until: float | None = None
        self._leave_by: float | None = None

    def run(self) -> int:
        """Loop until drained, or until another supervisor has the node's name; return the exit code."""
        adopt_orphans()
        hide_memory()
        left = clear(f"{job}.{attempt}" for job, attempt in self._spool.found())
        self._install_signals()
        while not (self._drained() or self._evicted()):
            if self._leave_by is None:
                self._intake.start_when_due()
            for key, _ in self._selector.select(self._tick()):
                key.data()
            self._handle_signals()
            self._reap()
            self._end_jobs()
            left = [group for group in left if not group.remove()]
            self._sign.show(not_ready(self._epoch, self._deadline, self._drain_until, boottime()), self._intake.pid)
        self._stop_intake()
        return 0 if self._leave_by is None else 1

    # -- signals

    def _install_signals(self) -> None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self._selector.register(wake_read, selectors.EVENT_READ, lambda: os.read(wake_read, 4096))
        handle_stop(self._request_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _handle_signals(self) -> None:
        """First request: ask every job to stop; they go back onto the queue. Second request: kill all."""
        if self._stop_requests and self._drain_until is None:
            log.info("draining", extra={"jobs": len(self._jobs)})
            self._drain_until = boottime() + self._stop_grace + DRAIN_SECONDS
            self._intake.send(Draining())
            for process in self._jobs.values():
                process.drained = True
                process.terminate(boottime(), self._stop_grace)
        if self._stop_requests > 1:
            self._kill_all()

    def _drained(self) -> bool:
        if self._drain_until is None:
            return False
        return not (self._jobs or self._ended) or boottime() > self._drain_until

    def _evicted(self) -> bool:
        return self._leave_by is not None and (not self._jobs or boottime() > self._leave_by)

    def _tick(self) -> float:
        """Return the seconds until something is due."""
        now = boottime()
        due = [] if (at := self._intake.due()) is None else [at]
        for process in self._jobs.values():
            if process.killed_at is not None:
                is_new = now - process.killed_at < KILLED_OFTEN_SECONDS
                due.append(now + (KILLED_TICK_SECONDS if is_new else LONGEST_TICK_SECONDS))
            elif process.kill_at is not None:
                due.append(process.kill_at)
        return min([LONGEST_TICK_SECONDS, *(max(0.0, moment - now) for moment in due)])

    # -- intake

    def _state(self) -> Iterator[Message]:
        """Yield the first messages for a new intake."""
        ended = [asdict(each) for each in self._ended.values()]
        started = [asdict(each.started) for each in self._jobs.values() if each.started is not None]
        yield KeeperState(self._epoch, list(self._jobs), ended, started, self._instance, __version__)
        for process in self._jobs.values():
            if process.unkillable:
                yield Unkillable(process.job, process.attempt)
        if self._drain_until is not None:
            yield Draining()

    def _stop_intake(self) -> None:
        self._intake.disconnect()
        give_up = boottime() + SEND_SECONDS
        while self._intake.pid is not None:
            if boottime() > give_up:
                self._intake.kill()
            self._selector.select(0.05)
            self._reap()

    def _handle(self, message: Message) -> None:
        if isinstance(message, Registered):
            self._epoch = message.epoch
        elif isinstance(message, Renew):
            self._deadline = message.deadline
            for process in self._jobs.values():
                process.renew(message.deadline)
        elif isinstance(message, Start):
            self._start(message)
        elif isinstance(message, Stop | Adjust | StillBefore):
            if (wanted := self._jobs.get((message.job, message.attempt))) is not None:
                wanted.obey(message, boottime(), self._stop_grace)
        elif isinstance(message, Forget):
            self._ended.pop((message.job, message.attempt), None)
            self._spool.remove(message.job, message.attempt, goes_on=message.goes_on)
        elif isinstance(message, Evict):
            self._epoch = None
            self._kill_all()
            if message.leave and self._leave_by is None:
                log.error("this supervisor leaves: %s", message.leave)
                self._leave_by = boottime() + self._kill_wait

    # -- jobs

    def _start(self, order: Start) -> None:
        if self._drain_until is not None:
            self._end(Ended(order.job, order.attempt, None, None, 0, drained=True))
            return
        try:
            user = self._plan.user
            directory = self._spool.begin(order.job, order.attempt, None if user is None else (user.uid, user.gid))
            fault("keeper.before-fork")
            ground = ground_of(self._plan, self._groups, f"{order.job}.{order.attempt}")
            process = fork(order.job, order.attempt, directory, order.order, self._deadline, ground)
        except OSError as error:
            log.exception("cannot start a job process", extra={"job": order.job})
            why = f"the node could not start a job process: {error}"
            self._end(Ended(order.job, order.attempt, None, None, 0, error=why))
            return
        fault("keeper.after-fork")
        self._jobs[order.job, order.attempt] = process
        self._selector.register(process.log.pipe, selectors.EVENT_READ, lambda: self._pump_log(process))
        self._selector.register(process.report, selectors.EVENT_READ, lambda: self._read_report(process))
        if process.unsent:
            self._selector.register(process.control, selectors.EVENT_WRITE, lambda: self._send_rest(process))

    def _send_rest(self, process: JobProcess) -> None:
        """Send more of a large order, as its process reads it."""
        if process.send_rest():
            self._selector.unregister(process.control)

    def _pump_log(self, process: JobProcess) -> None:
        """Move output into the log; stop watching an output that the job has closed."""
        if not process.log.pump():
            self._selector.unregister(process.log.pipe)

    def _read_report(self, process: JobProcess) -> None:
        """Tell intake that a process is up, once it has reported its isolation."""
        isolation = process.read_report()
        if isolation is not None:
            self._selector.unregister(process.report)
            if isolation:
                process.started = Started(process.job, process.attempt, process.pid, isolation)
                self._intake.send(process.started)

    def _reap(self) -> None:
        """Reap every child that has ended: jobs, intake, and adopted orphans."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._intake.pid:
                self._intake.ended(os.waitstatus_to_exitcode(status))
                continue
            ended = next((process for process in self._jobs.values() if process.pid == pid), None)
            if ended is not None:
                ended.exit_code, ended.max_rss = os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024

    def _end_jobs(self) -> None:
        """End stalled jobs, kill what is due, and report ends. A slot is free once nothing is left of its job."""
        orphans = process_tree.kill_orphans(self._known_pids())
        for process in list(self._jobs.values()):
            if process.stalls(boottime(), self._stall_after):
                log.error("job process stalled; ending it", extra={"job": process.job, "pid": process.pid})
                process.terminate(boottime(), self._stop_grace)
            process.kill_if_due(boottime())
            if process.gone() and not orphans:
                self._job_ended(process)
            elif process.killed_at is not None and boottime() - process.killed_at > self._kill_wait:
                self._give_up(process)

    def _job_ended(self, process: JobProcess) -> None:
        if process.report in self._selector.get_map():
            self._read_report(process)
        for pipe in (process.log.pipe, process.report, process.control):
            if pipe in self._selector.get_map():
                self._selector.unregister(pipe)
        del self._jobs[process.job, process.attempt]
        out_of_memory = process.group is not None and process.group.out_of_memory()
        process.close()
        fault("keeper.job-ended")
        self._end(process.ended(out_of_memory=out_of_memory))

    def _give_up(self, process: JobProcess) -> None:
        """Report a process that the kernel does not end, e.g. in a write to a dead disk. The node drains."""
        self._given_up.update(process_tree.orphans(self._known_pids()))
        if not process.unkillable:
            process.unkillable = True
            log.error("job process is unkillable", extra={"job": process.job, "pid": process.pid})
            self._intake.send(Unkillable(process.job, process.attempt))

    def _end(self, ended: Ended) -> None:
        """Report an end to intake, and keep it until it is in the database: intake may die before that."""
        self._ended[ended.job, ended.attempt] = ended
        self._intake.send(ended)

    def _kill_all(self) -> None:
        for process in self._jobs.values():
            process.kill(boottime())

    def _known_pids(self) -> set[int]:
        known = {process.pid for process in self._jobs.values() if process.exit_code is None} | self._given_up
        return known if self._intake.pid is None else known | {self._intake.pid}
