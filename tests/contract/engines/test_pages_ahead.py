"""A job asks for the next page of a listing while it works on this one. A task does not."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pycurl
import pytest

from avio.engines.local.buckets.pace import JOB, TASK, Pace
from avio.engines.local.buckets.s3_list import LONG_WAIT_SECONDS
from avio.engines.local.buckets.s3_list_request import ListRequest
from avio.errors import EngineAway
from tests.contract.engines.listings import opened
from tests.servers.hostile_s3 import HostileS3, error_xml


@pytest.fixture(autouse=True)
def _five_pages(hostile: HostileS3) -> None:
    hostile.page, hostile.objects = 2, {b"f%d" % number: b"1" for number in range(10)}


def eventually(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()


def _has_listed(hostile: HostileS3, pages: int) -> bool:
    return hostile.lists == pages


def test_a_page_is_asked_for_before_it_is_needed(hostile: HostileS3) -> None:
    runs = opened(hostile).runs("", pace=JOB)
    for asked in (2, 3, 4):
        next(runs)
        assert eventually(partial(_has_listed, hostile, asked))

    assert [row[0] for run in runs for row in run] == ["f5", "f6", "f7", "f8", "f9"]  # f5 was held
    assert hostile.lists == 5


def test_all_pages_come_over_one_connection(hostile: HostileS3) -> None:
    assert len([row for run in opened(hostile).runs("", pace=JOB) for row in run]) == 10
    assert hostile.connections == 1


def test_a_page_that_was_asked_for_too_early_is_not_read(hostile: HostileS3) -> None:
    """The last text that looks like a token is another's."""
    false, end = b"<Other><NextContinuationToken>9</NextContinuationToken></Other>", b"</ListBucketResult>"
    hostile.lie = lambda number, query, body: (200, body.replace(end, false + end))

    runs = opened(hostile).runs("", pace=JOB)
    assert [row[0] for run in runs for row in run] == [f"f{number}" for number in range(10)]


def test_objects_at_keys_are_known_as_the_pages_come(hostile: HostileS3) -> None:
    hostile.page, hostile.objects = 40, {b"%03d" % number: b"1" for number in range(200)}
    found = opened(hostile).found([f"{number:03d}" for number in range(200)])

    assert next(found).key == "000"
    assert hostile.lists <= 2
    assert len(list(found)) == 199


def test_a_task_asks_for_no_page_that_it_may_not_need(hostile: HostileS3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListRequest, "begin", None)

    assert len([row for run in opened(hostile).runs("", pace=TASK) for row in run]) == 10


@pytest.mark.parametrize("refused", [0, 3, 4, 5])
def test_a_page_that_was_asked_for_in_vain_is_asked_for_again(
    hostile: HostileS3, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    hostile.lie = lambda number, query, body: (503, error_xml("SlowDown")) if number == refused else (200, body)
    end, broken = ListRequest.end, iter([refused == 0])

    def end_or_not(self: ListRequest) -> Any:
        if next(broken, False):
            self.waited = 2 * LONG_WAIT_SECONDS
            raise pycurl.error(pycurl.E_OPERATION_TIMEDOUT, "it waited for its reader too long")
        return end(self)

    monkeypatch.setattr(ListRequest, "end", end_or_not)
    runs = opened(hostile).runs("", pace=JOB._replace(retry_seconds=3 if refused else 0))

    assert [row[0] for run in runs for row in run] == [f"f{number}" for number in range(10)]


@pytest.mark.parametrize("page", [1, 2])
def test_a_store_that_is_silent_is_waited_for_once(hostile: HostileS3, page: int) -> None:
    runs = opened(hostile).runs("", pace=JOB._replace(silent_seconds=1, retry_seconds=0))
    for _ in range(page - 1):
        next(runs)
        assert eventually(partial(_has_listed, hostile, page))
    hostile.seconds = 30.0
    asked = hostile.lists

    with pytest.raises(EngineAway):
        list(runs)
    assert hostile.lists == asked + 1


@pytest.mark.parametrize("pace", [JOB, TASK])
def test_a_store_that_goes_away_is_unavailable(hostile: HostileS3, pace: Pace) -> None:
    hostile.lie = lambda number, query, body: (503, error_xml("SlowDown")) if number > 2 else (200, body)

    with pytest.raises(EngineAway):
        list(opened(hostile).runs("", pace=pace._replace(retry_seconds=0)))
