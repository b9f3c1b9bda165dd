"""Any order of claims, renewals, crashes, late and repeated events, ends, wishes and reaps, compared with a model.

After each step every row is as the model has it, and what was promised holds: one terminal transition, attempts that
only rise, counters that never fall. `pytest --hypothesis-profile=thorough` looks much longer.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from avio.db import claims, dead_nodes, ends, folds, hints, leases, orders, sql
from avio.db.models import Attempt, Job
from avio.db.sql import change, rows
from avio.wire.events import ProgressEvent
from avio.wire.job_limits import JobLimits
from avio.wire.progress import Counters, Progress
from avio.wire.states import MOVES, OWNED, TERMINAL, State
from tests.contract.db import given
from tests.contract.db.model import GRACE, JOBS_AT_ONCE, LEASE, Model

NODES = ("n1", "n2", "n3")
SUPERVISORS = ("spool-a", "spool-a", "spool-b")  # two of them are one that begins again
JOBS = 4
FILES = 6

QUICK = settings(max_examples=15, stateful_step_count=40)

# A job and an attempt are drawn as numbers, since what there is depends on the steps before: see `_job`.
numbers = st.integers(0, JOBS - 1)
nodes = st.sampled_from(NODES)


class Guards(RuleBasedStateMachine):
    """Users, nodes and the world, by way of the queries; `model` says what each must answer."""

    def __init__(self) -> None:
        super().__init__()
        for table in ("failures", "attempts", "jobs", "nodes"):
            change(f"DELETE FROM {table}")
        change("UPDATE test_clock SET now = 0")
        self.model = Model()
        self.keys: dict[str, str] = {}
        self.seen: dict[str, dict[str, Any]] = {}

    @initialize()
    def there_are_nodes_and_jobs(self) -> None:
        for node in NODES:
            self.node_begins(node, SUPERVISORS[0])
        for _ in range(2):
            self.job_comes_in(losses=0)

    # -- the world

    @rule(seconds=st.sampled_from([1, 9, LEASE + 1, LEASE + GRACE]))
    def time_passes(self, seconds: float) -> None:
        self.model.now += seconds
        change("UPDATE test_clock SET now = now + ?", seconds)

    # -- web

    @precondition(lambda self: len(self.model.jobs) < JOBS)
    @rule(losses=st.sampled_from([0, 0, 8]))
    def job_comes_in(self, losses: int) -> None:
        job = given.job(losses=losses)
        self.model.insert(job, losses)

    @rule(key=st.sampled_from("ab"))
    def job_comes_in_with_a_key(self, key: str) -> None:
        made, added = orders.insert(orders.NewJob(1, "load", 1, "{}", key, "digest"))
        assert added == (key not in self.keys)
        assert self.keys.setdefault(key, made.id) == made.id
        if added:
            self.model.insert(made.id)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers)
    def job_is_cancelled(self, number: int) -> None:
        job = self._job(number)
        assert orders.cancel(job, "enough") == self.model.cancel(job)

    # -- intake

    @rule(node=nodes, supervisor=st.sampled_from(SUPERVISORS))
    def node_begins(self, node: str, supervisor: str) -> None:
        epoch = leases.register(node, "boot", supervisor, 2, LEASE, JobLimits(user=JOBS_AT_ONCE))
        assert epoch == self.model.register(node, supervisor)
        if epoch is not None:
            dead = leases.held_by_older(node, epoch, GRACE)
            assert {held.job for held in dead} == self.model.dead_of_older(node)
            for held in dead:
                self._give_back(held.job, held.attempt, ends.Cause.LOST)

    @rule(node=nodes, late=st.booleans())
    def node_renews(self, node: str, late: bool) -> None:
        epoch = self._epoch(node, late)
        assert leases.renew(node, epoch, LEASE) == self.model.renew(node, epoch)
        assert {held.job for held in leases.held(node, epoch)} == self.model.held(node, epoch)

    @rule(node=nodes, late=st.booleans())
    def node_drains(self, node: str, late: bool) -> None:
        epoch = self._epoch(node, late)
        leases.drain(node, epoch)
        self.model.drain(node, epoch)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, node=nodes, late=st.booleans())
    def job_is_claimed(self, number: int, node: str, late: bool) -> None:
        job, epoch = self._job(number), self._epoch(node, late)
        claimed = claims.claim(job, node, epoch)
        assert (claimed and claimed.attempt) == self.model.claim(job, node, epoch)

    @rule(node=nodes)
    def node_takes_all_that_is_due(self, node: str) -> None:
        due = claims.due(100)
        assert set(due) == (self.model.due() if self.model.has_room() else set())
        for job in due:
            claimed = claims.claim(job, node, self._epoch(node))
            assert (claimed and claimed.attempt) == self.model.claim(job, node, self._epoch(node))

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, older=numbers, node=nodes, own=st.booleans(), late=st.booleans())
    def process_is_up(self, number: int, older: int, node: str, own: bool, late: bool) -> None:
        job, attempt = self._attempt(number, older)
        whose = self.model.jobs[job].owners.get(attempt)
        node, epoch = whose if own and whose else (node, self._epoch(node, late))
        marked = claims.mark_running(job, attempt, node, epoch, pid=77)
        assert marked == self.model.mark_running(job, attempt, node, epoch)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, older=numbers, state=st.sampled_from(sorted(TERMINAL)), done=st.integers(0, FILES))
    def attempt_ends(self, number: int, older: int, state: State, done: int) -> None:
        job, attempt = self._attempt(number, older)
        if state is State.CANCELLED and not self.model.jobs[job].cancelled:
            return  # intake ends a job as cancelled only when that was wished
        result = given.result(job, attempt, done)
        result.progress.counters.bytes_wire = done
        assert ends.finish(result, state) == self.model.finish(job, attempt, state, done)

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, older=numbers, cause=st.sampled_from(ends.Cause), done=st.integers(0, FILES))
    def attempt_is_given_back(self, number: int, older: int, cause: ends.Cause, done: int) -> None:
        self._give_back(*self._attempt(number, older), cause, done)

    # -- aggregator

    @precondition(lambda self: self.model.jobs)
    @rule(number=numbers, older=numbers, told=st.lists(st.tuples(st.integers(1, 9), st.integers(0, FILES)), min_size=1))
    def events_come(self, number: int, older: int, told: list[tuple[int, int]]) -> None:
        job, attempt = self._attempt(number, older)
        for seq, done in told:  # in any order, some of them again
            counters = Counters(files_total=FILES, files_done=done, bytes_wire=done)
            folds.fold([ProgressEvent(job, attempt, seq, Progress(counters=counters))], [])
            self.model.fold(job, attempt, seq, done)

    @rule()
    def hints_are_swept(self) -> None:
        assert set(hints.lost()) == self.model.lost_hints()

    @rule(later=st.sampled_from([0, LEASE + 1, LEASE + GRACE]), reapers=st.integers(1, 2))
    def nodes_are_reaped(self, later: float, reapers: int) -> None:
        self.time_passes(later)
        dead_nodes.mark_lost(GRACE)
        self.model.mark_lost()
        found = [dead_nodes.orphans(GRACE) for _ in range(reapers)]  # each looks before any of them acts
        for orphans in found:
            assert {held.job for held in orphans} == self.model.orphans() or orphans is not found[0]
            for held in orphans:
                self._give_back(held.job, held.attempt, ends.Cause.LOST)

    # -- what must hold

    @invariant()
    def rows_are_as_the_model_has_them(self) -> None:
        there = {job["id"]: job for job in Job.select().dicts()}
        assert {name: _decided(row) for name, row in there.items()} == {
            name: (it.state, it.attempt, it.node, it.epoch, it.crashes, it.losses, it.seq, it.done, it.wire)
            for name, it in self.model.jobs.items()
        }
        for name, row in there.items():
            self._compare_with_before(self.seen.get(name, row), row)
        self.seen = there

    @invariant()
    def each_attempt_is_claimed_once_and_open_while_a_node_has_it(self) -> None:
        there = {(it.job_id, it.attempt): it for it in Attempt.select()}
        owners = {(job, no): of for job, it in self.model.jobs.items() for no, of in it.owners.items()}
        assert {key: (it.node, it.epoch) for key, it in there.items()} == owners
        is_open = {key for key, it in there.items() if it.ended_at is None}
        assert is_open == {(name, it.attempt) for name, it in self.model.jobs.items() if it.state in OWNED}

    def _compare_with_before(self, before: dict[str, Any], row: dict[str, Any]) -> None:
        if before["state"] in TERMINAL:
            assert row == before, "a terminal row changed"
        assert row["attempt"] - before["attempt"] in (0, 1)
        assert row["bytes_wire"] >= before["bytes_wire"]
        assert row["files_done"] >= before["files_done"] or row["state"] in TERMINAL
        assert row["version"] > before["version"] or {**row, "pushed_at": 0} == {**before, "pushed_at": 0}
        if row["state"] != before["state"] and row["attempt"] == before["attempt"]:
            assert (before["state"], row["state"]) in MOVES

    @invariant()
    def no_more_jobs_run_than_the_limit_of_their_user(self) -> None:
        assert len([it for it in self.model.jobs.values() if it.state in OWNED]) <= JOBS_AT_ONCE

    # -- choices

    def _job(self, number: int) -> str:
        return list(self.model.jobs)[-1 - number % len(self.model.jobs)]

    def _attempt(self, number: int, older: int) -> tuple[str, int]:
        """A job and, half of the time, its newest attempt; else the one before, or one that was never begun."""
        job = self._job(number)
        newest = self.model.jobs[job].attempt
        return job, newest if older < 2 else max(0, newest + 5 - 2 * older)

    def _epoch(self, node: str, late: bool = False) -> int:
        return self.model.nodes[node].epoch - late

    def _give_back(self, job: str, attempt: int, cause: ends.Cause, done: int = 0) -> None:
        given_back = ends.give_back(job, attempt, cause, "it died", files_done=done)
        assert given_back == self.model.give_back(job, attempt, cause, done)


def _decided(row: dict[str, Any]) -> tuple[Any, ...]:
    members = ("state", "attempt", "node", "node_epoch", "crashes", "losses", "seq", "files_done", "bytes_wire")
    return tuple(row[member] for member in members)


@pytest.mark.usefixtures("db")
def test_no_order_of_steps_breaks_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    given.user()
    change("CREATE TEMPORARY TABLE test_clock (now DOUBLE PRECISION NOT NULL)")
    change("INSERT INTO test_clock (now) VALUES (0)")
    for dialect in (sql._SQLITE, sql._POSTGRESQL):
        monkeypatch.setitem(dialect, "now", "(SELECT now FROM test_clock)")
    assert rows("SELECT {now}") == [(0,)]

    thorough = settings.get_current_profile_name() == "thorough"
    wanted = settings(settings() if thorough else QUICK, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Guards, settings=wanted)
