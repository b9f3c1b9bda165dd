"""Filters that no index serves, and several together: a page looks at a bounded number of jobs, and pages miss none."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from ulid import ULID

from avio.db import history
from avio.db.models import Attempt, Job
from avio.wire import path_terms
from avio.wire.job_filters import LabelTerm
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")
Filter = history.Filter

HOUR = 3_600_000
BEGIN = 1_700_000_000_000  # ms


@pytest.fixture
def jobs(db: str) -> list[str]:
    """Thirty jobs of three users, an hour after each other; the oldest first."""
    for name in ("ada", "bob", "eve"):
        given.user(name)
    states = ("succeeded", "failed", "queued")
    made = []
    for number in range(30):
        job = given.job(1 + number % 3, name=f"load {number}", type=1 + number % 2, path=f"/data/set-{number % 5}/x")
        moved = str(ULID.from_bytes((BEGIN + number * HOUR).to_bytes(6, "big") + bytes(9) + b"\1"))
        ended = 1.0 if number % 3 < 2 else None
        Job.update(id=moved, state=states[number % 3], finished_at=ended).where(Job.id == job).execute()
        made.append(moved)
    return made


def pages(wanted: Filter, size: int = 4) -> Iterator[list[str]]:
    """Yield the ids of each page to the last one."""
    after: str | None = None
    for _ in range(200):
        found, after = history.page(wanted, size, after)
        assert len(found) <= size
        yield [job.id for job in found]
        if after is None:
            return
    raise AssertionError("the pages have no end")


def found(wanted: Filter, size: int = 4) -> list[str]:
    ids = [job for page in pages(wanted, size) for job in page]
    assert all(newer > older for newer, older in pairwise(ids))
    return ids


def test_several_users_states_and_types_go_together(jobs: list[str]) -> None:
    newest = jobs[::-1]

    assert found(Filter(uids=[1, 3])) == [job for at, job in reversed(list(enumerate(jobs))) if at % 3 != 1]
    assert found(Filter(uids=[2], states=["failed"], types=[1])) == [jobs[at] for at in range(28, 0, -6)]
    assert found(Filter(uids=[])) == []
    assert found(Filter(uids=[-1])) == []
    assert found(Filter()) == newest


def test_a_time_bounds_the_submission(jobs: list[str]) -> None:
    since, until = (BEGIN + 10 * HOUR) / 1000, (BEGIN + 20 * HOUR) / 1000

    assert found(Filter(since=since, until=until)) == jobs[10:20][::-1]
    assert found(Filter(since=since + 0.001)) == jobs[11:][::-1]
    assert found(Filter(until=-1e12)) == []
    assert found(Filter(since=1e18)) == []
    assert found(Filter(since=since, names=["LOAD 1"])) == jobs[10:20][::-1]


def test_a_path_is_that_of_the_job_or_above_it(jobs: list[str]) -> None:
    Job.update(path="/data").where(Job.id == jobs[7]).execute()
    several = '{"paths": ["/other/a", "/%64ata/set-3/y"], "alluxioUriEncoded": true}'
    Job.update(path=None, params=several).where(Job.id == jobs[9]).execute()
    Job.update(path=None, params='{"fromFileList": true, "fileListId": "x"}').where(Job.id == jobs[8]).execute()

    def at(*globs: str) -> list[str]:
        return found(Filter(paths=[path_terms.parse(glob) for glob in globs]))

    assert at("/data/set-3") == [jobs[at] for at in (28, 23, 18, 13, 9, 3)]
    assert at("/data/set-2/x", "/other/*") == [jobs[at] for at in (27, 22, 17, 12, 9, 2)]
    assert at("/data") == [job for at, job in reversed(list(enumerate(jobs))) if at != 8]
    assert at("/nowhere") == []


def test_a_label_is_one_of_the_job_with_that_value_or_any(jobs: list[str]) -> None:
    for number, labels in ((3, '{"team": "vision"}'), (5, '{"team": "speech", "run": "7"}'), (7, '{"run": "vision"}')):
        given.set_row(jobs[number], labels=labels)

    assert found(Filter(labels=[LabelTerm("team", "vision")])) == [jobs[3]]
    assert found(Filter(labels=[LabelTerm("team", None)])) == [jobs[5], jobs[3]]
    assert found(Filter(labels=[LabelTerm("team", "vision"), LabelTerm("run", "7")])) == [jobs[5], jobs[3]]
    assert found(Filter(labels=[LabelTerm("tea", None)])) == []


def test_a_node_is_one_that_has_run_an_attempt(jobs: list[str]) -> None:
    for number, node in ((3, "n1"), (3, "n2"), (5, "n2"), (20, "n3")):
        attempt = Attempt.select().where(Attempt.job_id == jobs[number]).count() + 1
        Attempt.create(job_id=jobs[number], attempt=attempt, node=node, epoch=1, started_at=1.0)

    assert found(Filter(nodes=["n2"])) == [jobs[5], jobs[3]]
    assert found(Filter(nodes=["n1", "n3"])) == [jobs[20], jobs[3]]
    assert found(Filter(nodes=["n2"], names=["load 5"])) == [jobs[5]]
    assert found(Filter(nodes=["n9"])) == []


@pytest.mark.parametrize("searched", [1, 3, 7, 100])
def test_pages_of_a_search_miss_no_job_whatever_the_parts_are(
    jobs: list[str], searched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SEARCHED", searched)
    monkeypatch.setattr(history, "SEARCHED_OF_EACH", 1)
    odd = [path_terms.parse("/data/set-[13]")]
    wanted = [at for at in range(29, -1, -1) if at % 5 in (1, 3)]

    assert found(Filter(paths=odd)) == [jobs[at] for at in wanted]
    assert found(Filter(paths=odd, states=["failed", "queued"])) == [jobs[at] for at in wanted if at % 3]
    assert found(Filter(paths=odd, uids=[1, 2], types=[1]), 1) == [
        jobs[at] for at in wanted if at % 3 != 2 and at % 2 == 0
    ]


def test_a_search_ends_when_its_time_is_over_and_goes_on_where_it_was(
    jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SEARCH_SECONDS", -1.0)
    every = list(pages(Filter(names=["load"])))

    assert [len(page) for page in every] == [*[1] * 30, 0]
    assert [job for page in every for job in page] == jobs[::-1]
