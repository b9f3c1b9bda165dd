"""How long ended jobs took: kept at their end, found for jobs like them, deleted with them."""

import pytest

from avio.db import ends, retention, timings
from avio.db.sql import change, rows
from avio.wire.timings import MAX_PAST, Forecast, Timing
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")

TIMING = Timing(3, 30, 4000, 3, 500, True, [Forecast(10, 3000, 5000, 3600)])


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def ended(path: str | None = "/data", files: int = 3, *, ago: float = 0.0, type_: int = 1) -> str:
    """End a job at `path`, so many seconds ago, that moved `files`."""
    job = given.running(path=path, type=type_)
    assert ends.finish(given.result(job, timing=Timing(files, 30, 4000)), "succeeded")
    change("UPDATE timings SET ended_at = ended_at - ? WHERE job_id = ?", ago, job)
    return job


def files(*found: Timing) -> list[int]:
    return [each.files for each in found]


def test_the_end_of_a_job_keeps_its_timing_as_it_was() -> None:
    job = given.running(path="/data/a")

    assert ends.finish(given.result(job, timing=TIMING), "succeeded")

    (kept,) = timings.newest(1, 10)
    assert (kept.type, kept.path, kept.timing) == (1, "/data/a", TIMING)
    assert kept.ended_at == given.row(job)["finished_at"]
    assert timings.past(1, "/data/a") == (TIMING,)


def test_an_end_that_is_refused_keeps_nothing() -> None:
    job = given.running()
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)

    assert not ends.finish(given.result(job, attempt=1, timing=TIMING), "succeeded")
    assert not ends.finish(given.result(given.job(), timing=TIMING), "succeeded")

    assert timings.newest(1, 10) == []


def test_a_result_without_a_timing_keeps_none() -> None:
    given.from_result(given.running(), "succeeded")

    assert timings.newest(1, 10) == []


def test_a_new_job_learns_of_those_of_its_type_that_are_near_in_the_tree_newest_first() -> None:
    ended("/data/a", 1, ago=50)
    ended("/data/a/deep", 2, ago=40)
    ended("/data/b", 3, ago=30)
    ended("/elsewhere", 4, ago=20)
    ended("/data/a", 5, ago=10, type_=2)
    ended(None, 6)

    assert files(*timings.past(1, "/data/a/deep")) == [3, 2, 1]
    assert files(*timings.past(2, "/data")) == [5]
    assert files(*timings.past(1, None)) == [6]
    assert timings.past(1, "/data2") == ()
    assert timings.past(3, "/data") == ()


def test_of_many_jobs_those_nearest_in_the_tree_count() -> None:
    for number in range(MAX_PAST + 5):
        ended("/data/b", 100 + number)
    near = ended("/data/a", 1, ago=1000)

    found = files(*timings.past(1, "/data/a"))

    assert near
    assert len(found) == MAX_PAST
    assert found[0] == 100 + MAX_PAST + 4
    assert found[-1] == 1


def test_a_timing_goes_with_its_job() -> None:
    old, new = ended("/data/a", type_=5), ended("/data/b")  # no rule of free needs a check

    assert retention.delete_jobs([old]) == 1

    assert rows("SELECT job_id FROM timings") == [(new,)]


def test_a_timing_of_numbers_that_no_database_takes_is_bounded() -> None:
    job = given.running()

    assert ends.finish(given.result(job, timing=Timing(2**70, 2**70, 1)), "succeeded")

    (kept,) = timings.newest(1, 1)
    assert kept.timing.bytes == 2**63 - 1
