"""What people see of jobs: one, pages, filters, attempts and failures."""

from datetime import timedelta

import pytest
from ulid import ULID

from avio.db import folding, history
from avio.db.models import Job
from avio.db.sql import change
from avio.wire.events import FailureEvent
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")
Filter = history.Filter


@pytest.fixture(autouse=True)
def _users_and_node(db: str) -> None:
    given.user()
    given.user("bob")
    given.node()


def ids(wanted: Filter, size: int = 100, after: str | None = None) -> list[str]:
    return [job.id for job in history.page(wanted, size, after)]


@pytest.fixture
def jobs() -> list[str]:
    """Five jobs of ours and one of Bob's, the newest first."""
    made = [given.job(name=f"load {number}") for number in range(5)] + [given.job(2, name="Bob's 100%_done")]
    return sorted(made, reverse=True)


def test_pages_follow_each_other_without_gap_or_repeat(jobs: list[str]) -> None:
    first = ids(Filter(), 4)
    second = ids(Filter(), 4, after=first[-1])

    assert first + second == jobs
    assert ids(Filter(), 4, after=second[-1]) == []


def test_a_job_that_comes_in_meanwhile_moves_no_page(jobs: list[str]) -> None:
    first = ids(Filter(), 3)
    newer = str(ULID.from_timestamp(ULID.from_str(jobs[0]).timestamp + timedelta(hours=1).total_seconds()))
    change("UPDATE jobs SET id = ? WHERE id = ?", newer, given.job())

    assert ids(Filter())[0] == newer
    assert ids(Filter(), 3, after=first[-1]) == jobs[3:6]


def test_filters_narrow_and_go_together(jobs: list[str]) -> None:
    ours = [job for job in jobs if given.row(job)["uid"] == 1]
    Job.update(type=2).where(Job.id == ours[0]).execute()
    given.claim(ours[1])

    assert ids(Filter(uid=1)) == ours
    assert ids(Filter(states=["starting"])) == [ours[1]]
    assert ids(Filter(states=["starting", "queued"], uid=1)) == ours
    assert ids(Filter(types=[2])) == [ours[0]]
    assert ids(Filter(types=[2], states=["starting"])) == []
    assert ids(Filter(states=[])) == []
    assert ids(Filter(prefix=ours[2])) == [ours[2]]
    assert ids(Filter(prefix=ours[2][:5].lower(), uid=1)) == ours


def test_a_part_of_the_name_is_taken_by_its_letters(jobs: list[str]) -> None:
    assert len(ids(Filter(name="LOAD"))) == 5
    assert len(ids(Filter(name="100%_d"))) == 1
    assert ids(Filter(name="1%d")) == []
    assert ids(Filter(name="' OR 1=1 --")) == []


def test_somebody_elses_job_is_not_found(jobs: list[str]) -> None:
    job = ids(Filter(uid=1))[0]

    assert history.find(job, 1) is not None
    assert history.find(job, 2) is None
    assert history.find(job) is not None


def test_the_attempts_come_newest_first() -> None:
    job = given.running()
    for attempt in (1, 2):
        change("UPDATE jobs SET state = 'queued', node = NULL WHERE id = ? AND attempt = ?", job, attempt)
        given.claim(job)

    assert [one.attempt for one in history.attempts(job)] == [3, 2, 1]
    assert [one.attempt for one in history.attempts(job, limit=1)] == [3]


def test_failures_come_by_path_in_pages() -> None:
    job = given.running()
    paths = ["/a", "/a/b", "/b", "/ä"]
    folding.fold([], [FailureEvent(job, 1, path, "GONE", "words") for path in reversed(paths)])

    first = [one.path for one in history.failures(job, 2)]
    second = [one.path for one in history.failures(job, 5, after=first[-1])]

    assert sorted(first + second) == sorted(paths)
    assert len(first) == 2
    assert history.failures(job, 5, after=second[-1]) == []
