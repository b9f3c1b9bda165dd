"""What people see of jobs: one, pages, filters, attempts and failures."""

from datetime import timedelta

import pytest
from ulid import ULID

from avio.db import history
from avio.db.models import Job
from avio.db.sql import change
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")
Filter = history.Filter


@pytest.fixture(autouse=True)
def _users_and_node(db: str) -> None:
    given.user()
    given.user("bob")
    given.node()


def ids(wanted: Filter, size: int = 100, after: str | None = None) -> list[str]:
    return [job.id for job in history.page(wanted, size, after)[0]]


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

    assert ids(Filter(uids=[1])) == ours
    assert ids(Filter(states=["starting"])) == [ours[1]]
    assert ids(Filter(states=["starting", "queued"], uids=[1])) == ours
    assert ids(Filter(types=[2])) == [ours[0]]
    assert ids(Filter(types=[2], states=["starting"])) == []
    assert ids(Filter(states=[])) == []


def test_a_part_of_the_name_is_taken_by_its_letters(jobs: list[str]) -> None:
    assert len(ids(Filter(names=["LOAD"]))) == 5
    assert len(ids(Filter(names=["100%_d"]))) == 1
    assert len(ids(Filter(names=["LO*d", "*nothing"]))) == len(ids(Filter(names=["load*"]))) == 5
    assert len(ids(Filter(names=["1*%_*"]))) == 1
    assert ids(Filter(names=["d*load"])) == ids(Filter(names=["%*1"])) == []
    assert ids(Filter(names=["1%d"])) == []
    assert ids(Filter(names=["' OR 1=1 --"])) == []


def test_pages_of_several_states_and_types_follow_each_other(jobs: list[str]) -> None:
    wanted = Filter(states=["queued", "starting"], types=[1, 2])
    Job.update(type=2).where(Job.id == jobs[1]).execute()
    Job.update(type=3).where(Job.id == jobs[4]).execute()
    given.claim(jobs[2])
    found: list[str] = []
    after: str | None = None
    while len(found) < 10:
        page, after = history.page(wanted, 2, after)
        found += [job.id for job in page]
        if after is None:
            break

    assert found == [*jobs[:4], jobs[5]]


def test_a_page_with_a_name_looks_at_a_bounded_number_of_jobs(jobs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "SEARCHED", 2)
    oldest = jobs[-1]
    Job.update(name="Ä needle").where(Job.id == oldest).execute()
    wanted = Filter(names=["ä NEEDLE"])
    pages = [history.page(wanted, 10)]
    while pages[-1][1] is not None:
        pages.append(history.page(wanted, 10, pages[-1][1]))

    assert [[job.id for job in page] for page, _ in pages] == [[], [], [oldest], []]
    assert [after for _, after in pages] == [jobs[1], jobs[3], jobs[5], None]
    full, after = history.page(Filter(names=["load"]), 1)
    assert (len(full), after) == (1, full[0].id)


def test_somebody_elses_job_is_not_found(jobs: list[str]) -> None:
    job = ids(Filter(uids=[1]))[0]

    assert history.find(job, 1) is not None
    assert history.find(job, 2) is None
    assert history.find(job) is not None


def test_jobs_of_many_ids_are_found_a_part_at_a_time(jobs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "IDS_AT_ONCE", 2)

    assert [job.id for job in history.of_ids([*jobs, "none"])] == sorted(jobs, reverse=True)
    assert history.of_ids(jobs, uid=-1) == []
    assert history.of_ids([]) == []


def test_the_attempts_come_newest_first() -> None:
    job = given.running()
    for attempt in (1, 2):
        change("UPDATE jobs SET state = 'queued', node = NULL WHERE id = ? AND attempt = ?", job, attempt)
        given.claim(job)

    assert [one.attempt for one in history.attempts(job)] == [3, 2, 1]
    assert [one.attempt for one in history.attempts(job, limit=1)] == [3]
