"""The failed files of jobs: paths of any length, pages, and the attempt that they are of."""

import random
import string

import pytest

from avio.db import ends, failures, folds
from avio.wire.events import FailureEvent
from avio.wire.paths import MAX_PATH_BYTES
from avio.wire.results import Failure
from tests.contract.db import given

pytestmark = pytest.mark.usefixtures("db")

# As long as a path may be, and of letters that no database can pack.
_LETTERS = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=MAX_PATH_BYTES))
LONGEST = "/".join(["", *(_LETTERS[at : at + 255] for at in range(0, MAX_PATH_BYTES, 255))])[:MAX_PATH_BYTES]


@pytest.fixture
def job(db: str) -> str:
    given.user()
    given.node()
    return given.running()


def failed(job: str, path: str, attempt: int = 1) -> FailureEvent:
    return FailureEvent(job, attempt, path, "GONE", "words")


def test_a_path_may_be_as_long_as_paths_may_be(job: str) -> None:
    assert len(LONGEST.encode()) == MAX_PATH_BYTES
    others = [LONGEST[:-1] + "x", LONGEST[:-1]]

    folds.fold([], [failed(job, LONGEST), failed(job, LONGEST)])
    assert ends.finish(
        given.result(job, failures=[Failure(path, "GONE", "gone") for path in [LONGEST, *others]]), "partial"
    )

    assert {found.path for found in given.failures(job)} == {LONGEST, *others}


def test_failures_come_by_path_in_pages(job: str) -> None:
    paths = ["/a", "/a/b", "/b", "/ä"]
    folds.fold([], [failed(job, path) for path in reversed(paths)])

    first = [one.path for one in failures.of_attempt(job, 1, 2)]
    second = [one.path for one in failures.of_attempt(job, 1, 5, after=first[-1])]

    assert sorted(first + second) == sorted(paths)
    assert len(first) == 2
    assert failures.of_attempt(job, 1, 5, after=second[-1]) == []


def test_failures_of_another_attempt_are_not_among_them(job: str) -> None:
    folds.fold([], [failed(job, "/old")])
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    folds.fold([], [failed(job, "/new", attempt=2)])

    assert [one.path for one in failures.of_attempt(job, 2, 5)] == ["/new"]


def test_a_file_that_failed_before_the_work_began_again_is_no_failure_of_the_job(job: str) -> None:
    folds.fold([], [failed(job, "/well-in-the-end"), failed(job, "/still")])

    assert ends.finish(given.result(job, failures=[Failure("/still", "GONE", "gone", 2)]), "partial")
    assert [(one.path, one.tries) for one in given.failures(job)] == [("/still", 2)]

    folds.fold([], [failed(job, "/well-in-the-end"), failed(job, "/still")])
    assert [(one.path, one.tries) for one in given.failures(job)] == [("/still", 2)]
