"""Whatever the stream does to the events of a job, the row is the same in the end. SQLite is enough for that."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avio.aggregator.fold import newest
from avio.db import folds, schema
from avio.db.connection import borrow, open_database, shut
from avio.db.models import database
from avio.wire.events import Event, FailureEvent, ProgressEvent
from avio.wire.progress import Counters, ErrorGroup, Progress
from tests.contract.db import given as rows

# What tells how often a row was written, and when.
HOUSEKEEPING = {"version", "updated_at", "id", "created_at", "run_at", "started_at"}


@pytest.fixture(scope="module")
def _database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    open_database(f"sqlite:///{tmp_path_factory.mktemp('folding')}/avio.db")
    with borrow():
        database.execute_sql("PRAGMA synchronous = off")
        schema.prepare()
        rows.user()
        rows.node()
        yield
    shut()


def _events(steps: list[int]) -> list[Event]:
    """The events of an attempt that gets `steps` files further with each; some files fail on the way."""
    found: list[Event] = []
    done = 0
    for seq, step in enumerate(steps, start=1):
        done += step
        counters = Counters(files_total=done + 5, files_done=done, bytes_done=10 * done, files_failed=done // 3)
        groups = [ErrorGroup("GONE", done // 3)] if done >= 3 else []
        found.append(ProgressEvent("", 1, seq, Progress("transferring", seq == len(steps), counters, seq, groups)))
        if step > 2:
            found.append(FailureEvent("", 1, f"/{done}", "GONE", "words"))
    return found


@pytest.mark.usefixtures("_database")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_any_order_with_any_repeats_and_batches_gives_the_same_row(steps: list[int], chance: random.Random) -> None:
    events = _events(steps)
    shuffled = events + chance.choices(events, k=len(events))
    chance.shuffle(shuffled)

    in_order = _folded([[event] for event in events])
    cuts = sorted(chance.choices(range(len(shuffled) + 1), k=3))
    batches = [shuffled[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]

    assert _folded(batches) == in_order


def _folded(batches: list[list[Event]]) -> dict[str, Any]:
    job = rows.running(crashes=2)
    for batch in batches:
        folds.fold(*newest([_of(event, job) for event in batch]))
    found = database.execute_sql("SELECT path, reason, tries FROM failures WHERE job_id = ? ORDER BY path", (job,))
    row = {name: value for name, value in rows.row(job).items() if name not in HOUSEKEEPING}
    return {**row, "failures": found.fetchall()}


def _of(event: Event, job: str) -> Event:
    if isinstance(event, ProgressEvent):
        return ProgressEvent(job, event.attempt, event.seq, event.progress)
    assert isinstance(event, FailureEvent)
    return FailureEvent(job, event.attempt, event.path, event.reason, event.message)
