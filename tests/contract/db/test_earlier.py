"""Which preloads another one waits for on Alluxio: those that nodes had before it, and that may have a file of it."""

import json

import pytest

from avio.db import claims, earlier, ends
from avio.wire.states import State
from tests.contract.db import given


@pytest.fixture(autouse=True)
def _fleet(db: str) -> None:
    given.user()
    given.node("n1")
    given.node("n2")


def before(job: str) -> list[str]:
    return [each.job for each in earlier.of([job]).get(job, ())]


def test_of_preloads_that_want_the_same_each_is_after_those_that_were_claimed_before() -> None:
    first, second = given.running(), given.running("n2")
    third = given.starting()
    queued = given.job()

    assert [before(job) for job in (first, second, third, queued)] == [[], [first], [first, second], []]
    assert set(earlier.of([first, third, queued])) == {first, third}


@pytest.mark.parametrize(
    ("path", "other", "overlap"),
    [
        ("/data", "/data", True),
        ("/data/a", "/data", True),
        ("/data", "/data/a", True),
        ("/", "/data", True),
        ("/data", "/", True),
        ("/data", "/data2", False),
        ("/data/a", "/data/b", False),
        (None, "/data", True),
        ("/data", None, True),
    ],
)
def test_paths_above_and_below_may_have_the_same_files(path: str | None, other: str | None, overlap: bool) -> None:
    first, second = given.running(path=path), given.running("n2", path=other)

    assert before(second) == ([first] if overlap else [])
    assert before(first) == []


def test_a_preload_that_has_ended_is_before_nobody_and_one_that_begins_again_is_later() -> None:
    first, second, third = given.running(), given.running("n2"), given.running()
    ends.finish(given.result(first), State.FAILED)
    assert before(third) == [second]

    ends.give_back(second, 1, ends.Cause.CRASHED, "died")
    assert before(third) == []
    given.claim(second, "n2")
    assert (before(third), before(second)) == ([], [third])


@pytest.mark.parametrize("type_", [0, 2, 3, 6])
def test_other_jobs_load_nothing(type_: int) -> None:
    given.running(type=type_)
    preload = given.running()
    assert before(preload) == []


def test_the_params_that_are_too_large_together_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    small = json.dumps({"alluxioUri": "/a"})
    jobs = [given.job(params=small), given.job(params=json.dumps({"alluxioUri": "/" + "a" * 1000})), given.job()]
    monkeypatch.setattr(earlier, "MOST_PARAMS_BYTES", 500)

    assert set(earlier.params_of(jobs)) == {jobs[0], jobs[2]}
    assert earlier.params_of([]) == {}


def test_the_claim_comes_before_the_look() -> None:
    """Two jobs that are claimed at once see each other in one direction alone."""
    one, two = given.job(run_at=0), given.job(run_at=0)
    assert claims.claim(one, "n1", 1)
    assert claims.claim(two, "n2", 1)
    assert (before(one), before(two)) == ([], [one])
