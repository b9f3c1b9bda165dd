"""What the database itself refuses, whoever writes: the triggers and CHECKs of `schema.sql`, by raw SQL."""

import pytest
from peewee import DatabaseError

from avio.db.connection import transaction
from avio.db.sql import change, change_many
from avio.wire.states import TERMINAL, State
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_terminal_state_is_final_even_for_raw_sql(state: State) -> None:
    given.user()
    given.node()
    job = given.in_state(state)

    for other in set(State) - {state}:
        with pytest.raises(DatabaseError, match="terminal states are final"), transaction():
            change("UPDATE jobs SET state = ?, finished_at = 1, node = NULL WHERE id = ?", other, job)

    assert given.state(job) == state


def test_an_attempt_never_falls() -> None:
    given.user()
    given.node()
    job = given.running()

    with pytest.raises(DatabaseError, match="attempt may not fall"), transaction():
        change("UPDATE jobs SET attempt = 0 WHERE id = ?", job)

    assert given.row(job)["attempt"] == 1


@pytest.mark.parametrize(
    ("what", "assignment"),
    [
        ("a state that is none", "state = 'paused'"),
        ("a type that is none", "type = 7"),
        ("a phase that is none", "phase = 'sleeping'"),
        ("an end without its time", "state = 'failed', node = NULL"),
        ("a time of the end without an end", "finished_at = 1"),
        ("an owner of a job that waits", "state = 'queued'"),
        ("a running job without an owner", "node = NULL"),
    ],
)
def test_the_database_refuses(what: str, assignment: str) -> None:
    given.user()
    given.node()
    job = given.running()

    with pytest.raises(DatabaseError), transaction():
        change(f"UPDATE jobs SET {assignment} WHERE id = ?", job)

    assert given.state(job) == "running", what


def test_the_database_refuses_a_node_state_and_an_artifact_that_are_none() -> None:
    given.user()
    given.node()
    job = given.job()

    with pytest.raises(DatabaseError), transaction():
        change("UPDATE nodes SET state = 'asleep'")
    with pytest.raises(DatabaseError), transaction():
        change("INSERT INTO artifacts (job_id, attempt, kind, no, data) VALUES (?, 1, 'core', 0, ?)", job, b"")


def test_a_job_of_nobody_is_refused() -> None:
    with pytest.raises(DatabaseError), transaction():
        given.job(uid=99)


def test_many_writes_at_once_fail_with_the_same_errors_as_one() -> None:
    with pytest.raises(DatabaseError), transaction():
        change_many("INSERT INTO users (uid) VALUES (?)", [(1,), (2,)])
