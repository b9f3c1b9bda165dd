"""keeper: forks job processes, watches and kills them, keeps intake alive. One thread, one loop.

It opens no database, Redis or TLS connection, so that a fork inherits none; what it knows of orders and
leases comes from intake, over a socketpair, and survives intake's death here.
"""

import logging
import os
import selectors
import signal
from collections.abc import Iterator
from dataclasses import asdict
from types import FrameType

from avio.clock import boottime
from avio.faults import fault
from avio.isolation.calls import Unavailable
from avio.isolation.cgroups import Groups, clear
from avio.isolation.ladder import Ground
from avio.isolation.plan import BASIC, Plan
from avio.isolation.session import adopt_orphans
from supervisor import tree
from supervisor.intakeprocess import SAY_SECONDS, IntakeProcess, Launched
from supervisor.messages import (
    Draining,
    Ended,
    Evict,
    Forget,
    Message,
    Registered,
    Renew,
    Situation,
    Start,
    Started,
    Stop,
    Unkillable,
)
from supervisor.process import JobProcess, fork
from supervisor.spool import Spool

LONGEST_TICK = 1.0

# How often to look whether what was killed is gone: closely for a while, since a slot waits for it.
KILLED_TICK = 0.01
KILLED_CLOSELY = 2.0

# How long a draining node waits, beyond the grace of its jobs, for intake to write down their ends.
DRAIN_SECONDS = 15.0

log = logging.getLogger(__name__)

Attempt = tuple[str, int]


class Keeper:
    """The main loop of the supervisor. Signal handlers only note; the loop acts."""

    def __init__(
        self, spool: Spool, plan: Plan, stop_grace: float, kill_wait: float, stall_after: float, intake: Launched
    ) -> None:
        self._spool = spool
        self._plan = plan
        self._groups = None if plan.mode == BASIC else Groups(plan.limits)
        self._stop_grace, self._kill_wait, self._stall_after = stop_grace, kill_wait, stall_after
        self._jobs: dict[Attempt, JobProcess] = {}
        self._given_up: set[int] = set()
        self._ended: dict[Attempt, Ended] = {}
        self._epoch: int | None = None
        self._deadline = 0.0
        self._selector = selectors.DefaultSelector()
        self._intake = IntakeProcess(self._selector, self._situation, self._obey, intake)
        self._stops_asked = 0
        self._drain_until: float | None = None

    def run(self) -> int:
        """Loop until drained; return the exit code."""
        adopt_orphans()
        clear(f"{job}.{attempt}" for job, attempt in self._spool.found())
        self._install_signals()
        while not self._drained():
            self._intake.start_when_due()
            for key, _ in self._selector.select(self._tick()):
                key.data()
            self._obey_signals()
            self._reap()
            self._see_to_endings()
        self._end_intake()
        return 0

    # -- signals

    def _install_signals(self) -> None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        self._selector.register(wake_read, selectors.EVENT_READ, lambda: os.read(wake_read, 4096))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stops_asked += 1

    def _obey_signals(self) -> None:
        """First request: every job is asked to leave and goes back onto the queue. Second: all are killed."""
        if self._stops_asked and self._drain_until is None:
            log.info("draining", extra={"jobs": len(self._jobs)})
            self._drain_until = boottime() + self._stop_grace + DRAIN_SECONDS
            self._intake.say(Draining())
            for process in self._jobs.values():
                process.drained = True
                process.terminate(boottime(), self._stop_grace)
        if self._stops_asked > 1:
            self._kill_all()

    def _drained(self) -> bool:
        if self._drain_until is None:
            return False
        return not (self._jobs or self._ended) or boottime() > self._drain_until

    def _tick(self) -> float:
        """Seconds until something is due, whether or not anything happens."""
        now = boottime()
        intake_due = self._intake.due()
        due = [] if intake_due is None else [intake_due]
        for process in self._jobs.values():
            if process.killed_at is not None:
                due.append(now + (KILLED_TICK if now - process.killed_at < KILLED_CLOSELY else LONGEST_TICK))
            elif process.kill_at is not None:
                due.append(process.kill_at)
        return min([LONGEST_TICK, *(max(0.0, moment - now) for moment in due)])

    # -- intake

    def _situation(self) -> Iterator[Message]:
        """Yield what an intake that begins must know."""
        yield Situation(self._epoch, list(self._jobs), [asdict(ended) for ended in self._ended.values()])
        for process in self._jobs.values():
            if process.unkillable:
                yield Unkillable(process.job, process.attempt)
        if self._drain_until is not None:
            yield Draining()

    def _end_intake(self) -> None:
        self._intake.hang_up()
        give_up = boottime() + SAY_SECONDS
        while self._intake.pid is not None:
            if boottime() > give_up:
                self._intake.kill()
            self._selector.select(0.05)
            self._reap()

    def _obey(self, message: Message) -> None:
        if isinstance(message, Registered):
            self._epoch = message.epoch
        elif isinstance(message, Renew):
            self._deadline = message.deadline
            for process in self._jobs.values():
                process.renew(message.deadline)
        elif isinstance(message, Start):
            self._start(message)
        elif isinstance(message, Stop):
            if (unwanted := self._jobs.get((message.job, message.attempt))) is not None:
                unwanted.terminate(boottime(), self._stop_grace)
        elif isinstance(message, Forget):
            self._ended.pop((message.job, message.attempt), None)
            self._spool.remove(message.job, message.attempt)
        elif isinstance(message, Evict):
            self._epoch = None
            self._kill_all()

    # -- jobs

    def _start(self, order: Start) -> None:
        if self._drain_until is not None:
            self._end(Ended(order.job, order.attempt, None, None, 0, drained=True))
            return
        try:
            user = self._plan.user
            directory = self._spool.make(order.job, order.attempt, None if user is None else (user.uid, user.gid))
            fault("keeper.before-fork")
            process = fork(order.job, order.attempt, directory, order.order, self._deadline, self._ground(order))
        except OSError:
            log.exception("cannot start a job process", extra={"job": order.job})
            self._end(Ended(order.job, order.attempt, None, None, 0))
            return
        fault("keeper.after-fork")
        self._jobs[order.job, order.attempt] = process
        self._selector.register(process.log.pipe, selectors.EVENT_READ, lambda: self._pump(process))
        self._selector.register(process.report, selectors.EVENT_READ, lambda: self._hear_of(process))

    def _ground(self, order: Start) -> Ground:
        ground = Ground(self._plan, os.getpid())
        if self._groups is not None:
            try:
                ground.group = self._groups.make(f"{order.job}.{order.attempt}")
            except Unavailable as error:
                ground.no_group = str(error)
        return ground

    def _pump(self, process: JobProcess) -> None:
        """A job that has closed its output is not dead, but there is nothing to read from it any more."""
        if not process.log.pump():
            self._selector.unregister(process.log.pipe)

    def _hear_of(self, process: JobProcess) -> None:
        """The process is up once it tells how it is isolated; one that dies before says nothing."""
        isolation = process.hear()
        if isolation is not None:
            self._selector.unregister(process.report)
            if isolation:
                self._intake.say(Started(process.job, process.attempt, process.pid, isolation))

    def _reap(self) -> None:
        """Take in every child that has ended: jobs, intake, and orphans that were adopted."""
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

    def _see_to_endings(self) -> None:
        """Kill what is due. A slot is given back only when nothing is left of its job, and never waited for in vain."""
        orphans = tree.kill_orphans(self._known())
        for process in list(self._jobs.values()):
            if process.stalls(boottime(), self._stall_after):
                log.error("job process stalls, it is ended", extra={"job": process.job, "pid": process.pid})
                process.terminate(boottime(), self._stop_grace)
            process.kill_if_due(boottime())
            if process.gone() and not orphans:
                self._job_ended(process)
            elif process.killed_at is not None and boottime() - process.killed_at > self._kill_wait:
                self._give_up(process)

    def _job_ended(self, process: JobProcess) -> None:
        if process.report in self._selector.get_map():
            self._hear_of(process)
        for pipe in (process.log.pipe, process.report):
            if pipe in self._selector.get_map():
                self._selector.unregister(pipe)
        del self._jobs[process.job, process.attempt]
        out_of_memory = process.group is not None and process.group.out_of_memory()
        process.close()
        fault("keeper.job-ended")
        assert process.exit_code is not None
        code, signal_no = (process.exit_code, None) if process.exit_code >= 0 else (None, -process.exit_code)
        self._end(
            Ended(
                process.job,
                process.attempt,
                code,
                signal_no,
                process.max_rss,
                process.drained,
                out_of_memory,
                process.stalled,
                process.files_done,
            )
        )

    def _give_up(self, process: JobProcess) -> None:
        """The kernel holds on to it, e.g. in a write to a dead disk: its slot stays taken, the node takes no more."""
        self._given_up.update(tree.orphans(self._known()))
        if not process.unkillable:
            process.unkillable = True
            log.error("job process is unkillable", extra={"job": process.job, "pid": process.pid})
            self._intake.say(Unkillable(process.job, process.attempt))

    def _end(self, ended: Ended) -> None:
        """Tell intake, and keep the end until it is in the database: intake may die in between."""
        self._ended[ended.job, ended.attempt] = ended
        self._intake.say(ended)

    def _kill_all(self) -> None:
        for process in self._jobs.values():
            process.kill(boottime())

    def _known(self) -> set[int]:
        known = {process.pid for process in self._jobs.values() if process.exit_code is None} | self._given_up
        return known if self._intake.pid is None else known | {self._intake.pid}
