"""Ends that the database refuses, and results that a job process should not have written: nothing waits for them."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg2.errors
import pytest
from peewee import OperationalError

from avio.config import Settings
from avio.db import artifacts, ends, leases, orders
from avio.db.away import DatabaseAway
from avio.wire.progress import ErrorGroup
from avio.wire.results import REPORT_NAME, Failure, Result
from supervisor.intake import database_task
from supervisor.intake.announce import Announcer
from supervisor.intake.artifacts import ArtifactShipper
from supervisor.intake.channel import Channel
from supervisor.intake.end import Finisher
from supervisor.intake.inbox import Inbox
from supervisor.intake.older_attempts import OlderAttempts
from supervisor.intake.slots import Slots
from supervisor.intake.sweep import Sweeper
from supervisor.shared.messages import Ended, Forget, Message, MessageBuffer
from supervisor.shared.spool import make_spool
from tests.contract.db import given
from tests.servers.ports import free_port

ODD = "\ud800"  # a lone surrogate, which JSON takes and no database


class Office:
    """A finisher over a spool."""

    def __init__(self, directory: Path) -> None:
        self._keeper, self._ours = socket.socketpair()
        self.slots, self.spool = Slots(5), make_spool(directory)
        announcer = Announcer(f"redis://127.0.0.1:{free_port()}/0")
        channel, shipper = Channel(self._ours), ArtifactShipper(self.spool)
        self.finisher = Finisher(self.slots, self.spool, channel, announcer, shipper, Sweeper(Settings()))

    def job(self, **result: Any) -> str:
        """Return a running job of this node whose process has left a result with these members."""
        job = given.running()
        self.slots.assign(job, 1)
        left = {**asdict(given.result(job)), **result}
        (self.spool.make(job, 1) / "result.json").write_text(json.dumps(left))
        return job

    def end(self, job: str) -> None:
        """Let the process of a job end in order."""
        self.finisher.end(Ended(job, 1, 0, None, 0))
        assert self.slots.held() == {}
        assert self.sent() == [Forget(job, 1, goes_on=given.state(job) == "queued")]

    def sent(self) -> list[Message]:
        """Return what keeper was told."""
        with suppress(BlockingIOError):
            return list(MessageBuffer().feed(self._keeper.recv(1 << 16, socket.MSG_DONTWAIT)))
        return []

    def close(self) -> None:
        self._keeper.close()
        self._ours.close()


@pytest.fixture
def office(tables: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(database_task, "RETRY_SECONDS", 0.01)
    made = Office(tmp_path / "spool")
    yield made
    made.close()


class TimeOut(psycopg2.errors.QueryCanceled):
    """As a server sends it."""

    pgcode = "57014"


def stopped() -> OperationalError:
    """Return what peewee makes of a statement beyond its time."""
    error = OperationalError("canceling statement due to statement timeout")
    error.orig = TimeOut()
    return error


def held(job: str) -> leases.Held:
    return leases.Held(job, 1, "running", cancelled=False)


@pytest.mark.parametrize("was_lost", [False, True])
def test_an_end_that_the_database_refuses_is_stored_without_its_failed_files(office: Office, was_lost: bool) -> None:
    failures = [asdict(Failure("/data/a", "GONE", ODD))]
    job = office.job(state="partial", reason="GONE", failures=failures, verified_files=3)

    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)

    row = given.row(job)
    assert (row["state"], row["reason"], row["files_done"], row["verified_files"]) == ("partial", "GONE", 3, 3)
    assert row["message"] == "the failed files could not be stored; see the report"
    assert given.failures(job) == []


@pytest.mark.parametrize("was_lost", [False, True])
@pytest.mark.parametrize(
    "members", [{"state": "running"}, {"state": "poem"}, {"state": ODD}, {"verified_files": 1 << 64}]
)
def test_a_result_that_can_not_be_stored_at_all_fails_its_job_with_the_reason(
    office: Office, members: dict[str, Any], was_lost: bool
) -> None:
    job = office.job(**members)

    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)

    row = given.row(job)
    assert (row["state"], row["reason"], row["node"]) == ("failed", "INTERNAL", None)
    assert row["message"].startswith("the database refuses the result of the attempt")


@pytest.mark.parametrize("text", ["[]", "7", '{"progress": []}', '{"failures": [7]}', "{", "[" * 100_000])
def test_a_result_that_is_none_counts_as_a_crash(office: Office, text: str) -> None:
    job = office.job()
    (office.spool.directory(job, 1) / "result.json").write_text(text)

    office.end(job)

    assert (given.state(job), given.row(job)["message"]) == ("queued", "the job process ended without a result")


def test_a_result_that_is_too_large_is_not_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.wire.results.MAX_RESULT_BYTES", 1000)
    job = office.job(message="x" * 1000)

    office.end(job)

    assert given.state(job) == "queued"


@pytest.mark.parametrize("was_lost", [False, True])
def test_a_result_that_names_another_attempt_ends_nothing_of_it(office: Office, was_lost: bool) -> None:
    other = given.running()
    job = office.job(job=other)

    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)

    assert (given.state(other), given.state(job)) == ("running", "queued")


def test_an_end_waits_for_a_database_that_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [ErrorGroup("GONE", 1, samples=["/a"])]
    job = office.job(
        failures=[asdict(Failure("/data/a", "GONE", "words"))],
        progress={**asdict(given.result("J").progress), "errors": [asdict(group) for group in errors]},
    )
    finish, left = ends.finish, [DatabaseAway("busy")] * 10

    def busy(result: Result, state: str, exit_: ends.Exit) -> bool:
        if left:
            raise left.pop()
        return finish(result, state, exit_)

    monkeypatch.setattr(ends, "finish", busy)

    office.end(job)

    assert given.state(job) == "succeeded"
    assert [one.path for one in given.failures(job)] == ["/data/a"]


@pytest.mark.parametrize("was_lost", [False, True])
def test_a_database_that_is_too_slow_for_minutes_has_not_refused_a_result(
    office: Office, monkeypatch: pytest.MonkeyPatch, was_lost: bool
) -> None:
    job = office.job(verified_files=3)
    finish, left = ends.finish, 2 * database_task.TRIES + 1  # so many would pass for refusals of two versions

    def slow(*arguments: Any) -> bool:
        nonlocal left
        left -= 1
        if left >= 0:
            raise stopped()
        return finish(*arguments)

    monkeypatch.setattr(ends, "finish", slow)
    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.finisher.end(Ended(job, 1, 0, None, 0))
    while given.state(job) == "running":
        assert office.sent() == [], "keeper still has the directory"
        office.finisher.lost(held(job))  # as each next heartbeat finds it

    row = given.row(job)
    assert (row["state"], row["reason"], row["verified_files"]) == ("succeeded", None, 3)


def test_a_lost_attempt_whose_report_can_not_be_stored_yet_is_ended_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = office.job()
    (office.spool.directory(job, 1) / REPORT_NAME).write_bytes(b'{"path":"/a","outcome":"done"}\n')

    def slow(*_: object) -> None:
        raise stopped()

    with monkeypatch.context() as while_slow:
        while_slow.setattr(artifacts, "add", slow)
        office.finisher.lost(held(job))
    assert (given.state(job), office.sent()) == ("running", [])
    office.finisher.lost(held(job))

    assert given.state(job) == "succeeded"
    assert artifacts.numbers(job, 1, "report") == [0]


def test_an_end_that_is_not_stored_keeps_its_result_for_the_next_try(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = office.job()

    def refused(*_: object) -> bool:
        raise RuntimeError("a statement took too long")

    with monkeypatch.context() as while_refused:
        while_refused.setattr(ends, "finish", refused)
        office.finisher.end(Ended(job, 1, 0, None, 0))
    assert (given.state(job), office.slots.held()) == ("running", {})
    assert office.sent() == [], "keeper still has the directory"
    office.finisher.lost(held(job))  # as the next heartbeat finds it

    assert given.state(job) == "succeeded"
    assert office.sent() == [Forget(job, 1)]


@pytest.mark.parametrize("state", [None, "stopped"])
def test_an_attempt_that_died_with_its_supervisor_has_its_whole_log(office: Office, state: str | None) -> None:
    job = office.job(**({} if state is None else {"state": state}))
    directory = office.spool.directory(job, 1)
    if state is None:
        (directory / "result.json").unlink()
    (directory / "log").write_bytes(b"the last words\n")
    (directory / "report.jsonl").write_bytes(b"{}\n")

    office.finisher.lost(held(job))

    assert given.state(job) == "queued"
    assert b"".join(artifacts.read(job, 1, "log")) == b"the last words\n"
    assert artifacts.numbers(job, 1, "report") == [], "the next attempt writes its own"


@pytest.mark.parametrize("was_lost", [False, True])
@pytest.mark.parametrize(("ended", "goes_on"), [("crashed", True), ("stopped", True), ("cancelled", False)])
def test_what_an_attempt_has_listed_is_kept_while_the_job_goes_on(
    office: Office, ended: str, goes_on: bool, was_lost: bool
) -> None:
    job = office.job(state="stopped")
    if ended == "crashed":
        (office.spool.directory(job, 1) / "result.json").unlink()
    if ended == "cancelled":
        assert orders.cancel(job, "enough")

    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.finisher.end(Ended(job, 1, 1, None, 0))

    assert given.state(job) == ("queued" if goes_on else "cancelled")
    assert office.sent() == [Forget(job, 1, goes_on=goes_on)]


@pytest.mark.parametrize(("params", "also"), [('{"reportTo": "/r"}', "; no report was stored at /r"), ("{}", "")])
def test_a_cancelled_job_says_that_its_report_is_missing(office: Office, params: str, also: str) -> None:
    job = office.job(state="stopped")
    given.set_row(job, params=params)
    assert orders.cancel(job, "enough")

    office.end(job)

    assert given.row(job)["message"] == f"enough{also}"


def test_the_directories_of_an_earlier_supervisor_go_and_what_their_jobs_listed_stays(office: Office) -> None:
    running, over = office.job(state="stopped"), office.job()
    for job in (running, over, "GONE"):
        (office.spool.make(job, 1) / "listing").write_text(job)
    ends.give_back(running, 1, ends.Cause.LOST, "")

    OlderAttempts("n1", 1.0, office.finisher, office.spool, Inbox()).end(2)

    assert office.spool.found() == []
    assert [each.job for each in office.spool.kept.found()] == [running]
    assert given.state(over) == "succeeded"


def test_an_end_that_is_told_again_still_keeps_what_was_listed(office: Office) -> None:
    job = office.job(state="stopped")
    for _ in range(2):  # intake died before keeper heard of it
        office.finisher.end(Ended(job, 1, 1, None, 0))
        assert office.sent() == [Forget(job, 1, goes_on=True)]


@pytest.mark.parametrize("was_lost", [False, True])
@pytest.mark.parametrize(
    ("others", "wants", "expected"), [(True, 60, "queued"), (False, 60, "failed"), (True, None, "failed")]
)
def test_a_job_that_did_not_fit_looks_again_where_another_job_loads_its_files(
    office: Office, others: bool, wants: int | None, expected: str, was_lost: bool
) -> None:
    """Each of ten jobs of one data set counts all of it as its own, and only one has to bring it."""
    if others:
        given.running()
    job = office.job(state="failed", reason="CACHE_FULL", message="60 bytes are needed", wants_bytes=wants)
    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)

    row = given.row(job)
    assert (row["state"], row["room_bytes"]) == (expected, 0 if expected == "queued" else None)
    said = "waits for other jobs, which load files of it: " if expected == "queued" else ""
    assert row["message"] == f"{said}60 bytes are needed"


@pytest.mark.parametrize("was_lost", [False, True])
def test_a_job_that_waits_for_room_has_lost_no_node(office: Office, was_lost: bool) -> None:
    job = office.job(state="stopped", message="waits for room", wants_bytes=58, wants_tier="MEM")
    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)
    row = given.row(job)
    assert (row["state"], row["losses"], row["crashes"], row["room_bytes"]) == ("queued", 0, 0, 58)


@pytest.mark.parametrize("was_lost", [False, True])
@pytest.mark.parametrize("wants", [1 << 80, -1, "58", {}, True])
def test_room_that_no_job_can_want_is_not_waited_for(office: Office, was_lost: bool, wants: Any) -> None:
    job = office.job(state="stopped", wants_bytes=wants, wants_tier=["MEM"])
    if was_lost:
        office.finisher.lost(held(job))
    else:
        office.end(job)
    row = given.row(job)
    assert (row["state"], row["room_bytes"]) == ("queued", None)
