"""What the guards promise, in plain Python: a dict of nodes and a dict of jobs that the state machine compares with.

Each method says what the query of the same name must answer, and how the rows must look afterwards. Times are seconds
on a clock that only `Model.now` moves.
"""

from dataclasses import dataclass, field

from avio.db.ends import Cause
from avio.wire.states import OWNED, TERMINAL

LEASE = 30
GRACE = 10
HINT = 10
JOBS_AT_ONCE = 3  # the limit of the one user
BACK_OFF = {1: 1, 2: 5, 3: 25}


@dataclass
class ModelNode:
    """A worker node; `epoch` counts its starts."""

    epoch: int
    lease_until: float
    supervisor: str
    state: str = "active"
    older_until: float = 0.0  # attempts of other supervisors may live until then, and a grace


@dataclass
class ModelJob:
    """A job: what of its row the guards decide about."""

    run_at: float
    losses: int
    state: str = "queued"
    attempt: int = 0
    node: str | None = None
    epoch: int | None = None
    crashes: int = 0
    seq: int = 0
    done: int = 0
    wire: int = 0
    cancelled: bool = False
    pushed_at: float | None = None
    owners: dict[int, tuple[str, int]] = field(default_factory=dict)  # node and epoch, by attempt

    def has(self, attempt: int) -> bool:
        """Tell whether `attempt` is the one that a node has."""
        return self.attempt == attempt and self.state in OWNED

    def leave(self, state: str) -> None:
        """No node has it any more."""
        self.state, self.node, self.epoch = state, None, None


class Model:
    """The whole of it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.nodes: dict[str, ModelNode] = {}
        self.jobs: dict[str, ModelJob] = {}

    def insert(self, job: str, losses: int = 0) -> None:
        """T1: a job is queued, due at once."""
        self.jobs[job] = ModelJob(self.now, losses)

    def register(self, node: str, supervisor: str) -> int | None:
        """T5: one epoch further, active, with a lease; not while another supervisor has one."""
        before = self.nodes.get(node, ModelNode(0, 0.0, supervisor))
        is_other = before.supervisor != supervisor
        if is_other and before.lease_until > self.now:
            return None
        older_until = max(before.older_until, before.lease_until) if is_other else before.older_until
        self.nodes[node] = ModelNode(before.epoch + 1, self.now + LEASE, supervisor, older_until=older_until)
        return before.epoch + 1

    def dead_of_older(self, node: str) -> set[str]:
        """The jobs of older epochs of a node whose processes are dead."""
        there = self.nodes[node]
        if there.older_until > self.now - GRACE:
            return set()
        return {name for name, job in self.jobs.items() if job.node == node and job.epoch != there.epoch}

    def renew(self, node: str, epoch: int) -> bool:
        """T5: the current epoch of a node that was not given up."""
        there = self.nodes[node]
        if there.epoch != epoch or there.state == "lost":
            return False
        there.lease_until = self.now + LEASE
        return True

    def drain(self, node: str, epoch: int) -> None:
        """The current epoch takes no more."""
        if self.nodes[node].epoch == epoch and self.nodes[node].state == "active":
            self.nodes[node].state = "draining"

    def held(self, node: str, epoch: int) -> set[str]:
        """The jobs that an epoch has."""
        return {name for name, job in self.jobs.items() if (job.node, job.epoch) == (node, epoch)}

    def due(self) -> set[str]:
        """The queued jobs whose time has come."""
        return {name for name, job in self.jobs.items() if job.state == "queued" and job.run_at <= self.now}

    def lost_hints(self) -> set[str]:
        """T2: due jobs without a hint for a while, which count as pushed then."""
        found = {name for name in self.due() if (at := self.jobs[name].pushed_at) is None or at < self.now - HINT}
        for name in found:
            self.jobs[name].pushed_at = self.now
        return found

    def has_room(self) -> bool:
        """Tell whether the user may have another job on a node. The nodes that are alive have the limit."""
        held = [it for it in self.jobs.values() if it.state in OWNED]
        return len(held) < JOBS_AT_ONCE or all(node.lease_until <= self.now for node in self.nodes.values())

    def claim(self, job: str, node: str, epoch: int) -> int | None:
        """T3: the next attempt of a due job, for an active node in its epoch with a lease, within the limit."""
        there, it = self.nodes[node], self.jobs[job]
        if job not in self.due() or (there.epoch, there.state) != (epoch, "active") or there.lease_until <= self.now:
            return None
        if not self.has_room():
            return None
        it.state, it.attempt, it.seq, it.node, it.epoch = "starting", it.attempt + 1, 0, node, epoch
        it.owners[it.attempt] = (node, epoch)
        return it.attempt

    def mark_running(self, job: str, attempt: int, node: str, epoch: int) -> bool:
        """T4: the attempt's own node and epoch, from starting."""
        it = self.jobs[job]
        if (it.state, it.attempt, it.node, it.epoch) != ("starting", attempt, node, epoch):
            return False
        it.state = "running"
        return True

    def fold(self, job: str, attempt: int, seq: int, done: int) -> None:
        """T6: newer events of the attempt that a node has; counters never fall, progress forgives crashes."""
        it = self.jobs[job]
        if it.has(attempt) and seq > it.seq:
            it.crashes = 0 if done > it.done else it.crashes
            it.seq, it.done, it.wire = seq, max(it.done, done), max(it.wire, done)

    def finish(self, job: str, attempt: int, state: str, done: int) -> bool:
        """T7, T10: the attempt that a node has; the files are what the result says."""
        it = self.jobs[job]
        if not it.has(attempt):
            return False
        it.done, it.wire = done, max(it.wire, done)
        it.leave(state)
        return True

    def give_back(self, job: str, attempt: int, cause: Cause, done: int) -> str | None:
        """T8, T11: the attempt that a node has; queued again, unless a wish or too many deaths end it."""
        it = self.jobs[job]
        if not it.has(attempt):
            return None
        crashed = cause in (Cause.CRASHED, Cause.STALLED)
        it.crashes = (0 if done > it.done else it.crashes) + crashed
        it.done = max(it.done, done)
        it.losses += cause in (Cause.LOST, Cause.FENCED, Cause.UNKILLABLE)
        it.run_at = self.now + (BACK_OFF[min(it.crashes, 3)] if crashed else 0)
        it.pushed_at = None
        too_often = it.crashes >= 3 or it.losses >= 10
        it.leave("cancelled" if it.cancelled else "failed" if too_often else "queued")
        return it.state

    def cancel(self, job: str) -> bool:
        """T9: a queued job ends, one that a node has is asked to stop."""
        it = self.jobs[job]
        if it.state in TERMINAL:
            return False
        it.cancelled = True
        it.state = "cancelled" if it.state == "queued" else "stopping"
        return True

    def orphans(self) -> set[str]:
        """The jobs whose node let lease and grace run out, or is in another epoch."""
        return {
            name
            for name, job in self.jobs.items()
            if job.node is not None
            and (
                name in self.dead_of_older(job.node)
                if self.nodes[job.node].epoch != job.epoch
                else self.nodes[job.node].lease_until <= self.now - GRACE
            )
        }

    def mark_lost(self) -> None:
        """The nodes whose lease and grace are over can no longer renew."""
        for node in self.nodes.values():
            if node.lease_until <= self.now - GRACE:
                node.state = "lost"
