"""Following a job by polls: version, ETag and the long poll."""

import time
from collections.abc import Callable

from avio.db import ends, folds
from avio.db.connection import borrow
from avio.db.sql import change
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import MoverShare, Progress
from tests.contract.db import given
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import later


def test_a_version_is_an_etag(ada: CheckedClient, order: str, set_row: Callable[..., None]) -> None:
    etag = ada.get(f"/jobs/{order}").headers["ETag"]
    assert etag == '"1"'
    unchanged = ada.get(f"/jobs/{order}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.get_data()) == (304, b"")
    set_row(order, message="changed")
    assert ada.get(f"/jobs/{order}", headers={"If-None-Match": etag}).status_code == 200


def test_a_job_has_its_attempts_with_what_each_mover_did(ada: CheckedClient, bob: CheckedClient, order: str) -> None:
    assert ada.get(f"/jobs/{order}").get_json()["attempts"] == []
    with borrow():
        given.node()
        given.claim(order)
        events = [ProgressEvent(order, 1, 1, Progress(movers=[MoverShare(3, 300, 1250), MoverShare(1, 5, 40)]))]
        folds.fold(events, [])
        ends.give_back(order, 1, ends.Cause.LOST, "")
        change("UPDATE jobs SET run_at = 0")
        given.claim(order)

    newest, first = ada.get(f"/jobs/{order}").get_json()["attempts"]

    assert (newest["attempt"], newest["node"], newest["endTime"], newest["movers"]) == (2, "n1", None, None)
    assert (first["attempt"], first["outcome"]) == (1, "lost")
    assert first["movers"] == [
        {"files": 3, "bytes": 300, "cpuMs": 1250},
        {"files": 1, "bytes": 5, "cpuMs": 40},
    ]
    assert bob.get(f"/jobs/{order}").status_code == 404


def test_a_long_poll_returns_at_once_when_the_version_is_higher(ada: CheckedClient, order: str) -> None:
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=30&ifVersion=0").get_json()["version"] == 1
    assert time.monotonic() - began < 20


def test_a_long_poll_returns_when_the_wait_is_over(ada: CheckedClient, order: str) -> None:
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=0.5&ifVersion=1").get_json()["version"] == 1
    assert 0.5 <= time.monotonic() - began < 10


def test_a_long_poll_does_not_wait_for_a_job_that_has_ended(ada: CheckedClient, order: str) -> None:
    ada.post(f"/jobs/{order}/cancel")
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=30&ifVersion=99").get_json()["status"] == "cancelled"
    assert time.monotonic() - began < 20


def test_a_long_poll_returns_soon_after_a_change(
    ada: CheckedClient, order: str, set_row: Callable[..., None], publish: Callable[[Event], None]
) -> None:
    def change() -> None:
        set_row(order, state="running", node="n1", attempt=1)
        publish(StateEvent(order, 1, "running"))

    timer = later(0.5, change)
    began = time.monotonic()
    job = ada.get(f"/jobs/{order}?wait=30").get_json()
    timer.join()
    assert (job["status"], job["version"]) == ("running", 2)
    assert time.monotonic() - began < 10
