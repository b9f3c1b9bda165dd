"""Following a job: version and ETag, the long poll, the event stream, with Redis there and away."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from avio.api import Web, following
from avio.api.following import EventStream, parse_mark
from avio.api.hub import QUEUE_LENGTH, Hub, Note
from avio.api.parts import KEY, Parts
from avio.clock import now
from avio.db import history
from avio.db.connecting import borrow
from avio.db.models import Job, database
from avio.errors import TooMany
from avio.streams import Events, connect
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import Counters, Progress
from tests.integration.api.conftest import CheckedClient

LIMIT = 10.0  # seconds that anything may take


def progress(job: str, seq: int, attempt: int = 1) -> ProgressEvent:
    """Return an event that says `seq` of 10 files are done."""
    return ProgressEvent(job, attempt, seq, Progress("transferring", True, Counters(10, 1000, seq, seq * 100)))


def later(seconds: float, action: Callable[[], None]) -> threading.Timer:
    """Do `action` after `seconds`, in another thread."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


@pytest.fixture
def parts(app: Web) -> Parts:
    """The parts of the app under test."""
    found: Parts = app.extensions[KEY]
    return found


def read(job: str) -> Job:
    """Return a row, as the routes read it."""
    with borrow():
        found = history.find(job)
    assert found is not None
    return found


@pytest.fixture
def follow(parts: Parts, order: str) -> Iterator[Callable[..., Iterator[tuple[str, str, Any]]]]:
    """Follow the ordered job as the route does; yields (id, event, data)."""
    listeners = []

    def stream(last_event_id: str = "", lasts: float = LIMIT) -> Iterator[tuple[str, str, Any]]:
        listener = parts.hub.listen(order)
        listeners.append(listener)
        seen, until = parse_mark(last_event_id), now() + lasts
        first = read(order)
        text = EventStream(first, lambda: read(order), listener, zone=parts.zone, seen=seen, expires_at=until)
        return (parsed for piece in text if (parsed := parse(piece)))

    yield stream
    for listener in listeners:
        listener.close()


def parse(piece: str) -> tuple[str, str, Any] | None:
    """Return (id, event, data) of one event's text; None of a ping."""
    if piece.startswith(":"):
        return None
    assert piece.endswith("\n\n")
    members = dict(line.split(": ", 1) for line in piece.strip().split("\n"))
    return members["id"], members["event"], json.loads(members["data"])


def test_a_version_is_an_etag(ada: CheckedClient, order: str, set_row: Callable[..., None]) -> None:
    etag = ada.get(f"/jobs/{order}").headers["ETag"]
    assert etag == '"1"'
    unchanged = ada.get(f"/jobs/{order}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.get_data()) == (304, b"")
    set_row(order, message="changed")
    assert ada.get(f"/jobs/{order}", headers={"If-None-Match": etag}).status_code == 200


def test_a_long_poll_returns_at_once_when_the_version_is_higher(ada: CheckedClient, order: str) -> None:
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=30&ifVersion=0").get_json()["version"] == 1
    assert time.monotonic() - began < 5


def test_a_long_poll_returns_when_the_wait_is_over(ada: CheckedClient, order: str) -> None:
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=0.5&ifVersion=1").get_json()["version"] == 1
    assert 0.5 <= time.monotonic() - began < 3


def test_a_long_poll_does_not_wait_for_a_job_that_has_ended(ada: CheckedClient, order: str) -> None:
    ada.post(f"/jobs/{order}/cancel")
    began = time.monotonic()
    assert ada.get(f"/jobs/{order}?wait=30&ifVersion=99").get_json()["status"] == "cancelled"
    assert time.monotonic() - began < 5


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
    assert time.monotonic() - began < 2


def test_a_stream_begins_with_a_snapshot_and_ends_with_the_job(
    order: str,
    follow: Callable[..., Iterator[tuple[str, str, Any]]],
    set_row: Callable[..., None],
    publish: Callable[[Event], None],
) -> None:
    events = follow()
    mark, event, job = next(events)
    assert (mark, event, job["status"]) == ("0-0", "snapshot", "queued")

    set_row(order, state="running", node="n1", attempt=1)
    publish(StateEvent(order, 1, "running"))
    mark, event, job = next(events)
    assert (mark, job["status"]) == ("1-0", "running")
    assert event in ("state", "snapshot"), "the hub's reader may have begun between the two"

    publish(progress(order, 3))
    mark, event, data = next(events)
    assert (mark, event) == ("1-3", "progress")
    assert data["phase"] == "transferring"
    assert data["progress"]["done"] == {"files": 3, "bytes": 300}
    assert data["progress"]["percent"] == 30.0

    publish(progress(order, 2))  # out of order: says nothing new
    publish(progress("01ARZ3NDEKTSV4RRFFQ69G5FAV", 9))  # somebody else's
    publish(progress(order, 4))
    assert next(events)[0] == "1-4"

    set_row(order, state="succeeded", node=None, finished_at=now())
    publish(StateEvent(order, 1, "succeeded"))
    mark, event, job = next(events)
    assert (event, job["status"]) == ("end", "succeeded")
    assert list(events) == []


def test_a_stream_tells_at_once_of_a_cancel(
    ada: CheckedClient, order: str, follow: Callable[..., Iterator[tuple[str, str, Any]]]
) -> None:
    events = follow()
    assert next(events)[1] == "snapshot"
    began = time.monotonic()
    ada.post(f"/jobs/{order}/cancel")
    assert [event for _, event, _ in events][-1] == "end"
    assert time.monotonic() - began < 5


def test_a_stream_of_a_job_that_has_ended_is_a_snapshot_and_an_end(ada: CheckedClient, order: str) -> None:
    ada.post(f"/jobs/{order}/cancel")
    response = ada.get(f"/jobs/{order}/events")
    assert response.mimetype == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"
    pieces = [parse(piece + "\n\n") for piece in response.get_data(as_text=True).split("\n\n") if piece]
    assert [piece[1] for piece in pieces if piece] == ["snapshot", "end"]


def test_what_a_listener_has_seen_is_not_told_again(
    order: str,
    follow: Callable[..., Iterator[tuple[str, str, Any]]],
    set_row: Callable[..., None],
    publish: Callable[[Event], None],
) -> None:
    set_row(order, state="running", node="n1", attempt=1, seq=2)
    events = follow(last_event_id="1-5")
    assert next(events)[:2] == ("1-5", "snapshot")
    for seq in (4, 5, 6):
        publish(progress(order, seq))
    assert next(events)[0] == "1-6"


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-1-2", "1-x", "9" * 50 + "-1", "\u0661-1"])
def test_a_last_event_id_that_is_none_means_nothing_seen(text: str) -> None:
    assert parse_mark(text) == (0, 0)


def test_a_stream_ends_when_its_token_expires(follow: Callable[..., Iterator[tuple[str, str, Any]]]) -> None:
    began = time.monotonic()
    assert [event for _, event, _ in follow(lasts=0.5)] == ["snapshot"]
    assert time.monotonic() - began < LIMIT


def test_a_quiet_stream_has_pings(parts: Parts, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PING_SECONDS", 0.2)
    monkeypatch.setattr(following, "REREAD_SECONDS", 0.1)
    listener = parts.hub.listen(order)
    stream = EventStream(read(order), lambda: read(order), listener, zone=parts.zone, seen=(0, 0), expires_at=now() + 2)
    assert ": ping\n\n" in list(stream)
    listener.close()


def test_without_redis_streams_and_polls_go_by_the_rows(order: str, app: Web, set_row: Callable[..., None]) -> None:
    hub = Hub(Events(connect("redis://127.0.0.1:1/0")), 2)
    listener = hub.listen(order)
    deadline = time.monotonic() + LIMIT
    while not listener.deaf and time.monotonic() < deadline:
        time.sleep(0.01)
    assert listener.deaf
    zone = app.extensions[KEY].zone
    stream = iter(
        EventStream(read(order), lambda: read(order), listener, zone=zone, seen=(0, 0), expires_at=now() + LIMIT)
    )
    assert "snapshot" in next(stream)
    timer = later(0.3, lambda: set_row(order, state="cancelled", finished_at=now()))
    assert "event: end" in next(stream)
    timer.join()
    listener.close()


def test_a_stream_outlives_a_restart_of_redis_and_mends_the_gap(
    parts: Parts, order: str, set_row: Callable[..., None]
) -> None:
    class Flaky(Events):
        broken = False

        def tail(self, after: str, block_ms: int, count: int = 500) -> Any:
            if self.broken:
                raise ConnectionError("away")
            return super().tail(after, 100, count)

    events = Flaky(connect(parts.settings.redis_url))
    hub = Hub(events, 2)
    listener = hub.listen(order)
    assert listener.next(LIMIT) is Note.REREAD, "the reader has its place in the stream"
    events.broken = True
    deadline = time.monotonic() + LIMIT
    while not listener.deaf and time.monotonic() < deadline:
        time.sleep(0.01)
    events.broken = False
    assert listener.next(LIMIT) is Note.REREAD, "something may have been missed"
    events.publish([progress(order, 1)])
    assert listener.next(LIMIT) == progress(order, 1)
    listener.close()


def test_a_slow_listener_gets_one_note_instead_of_everything(parts: Parts, order: str) -> None:
    listener = parts.hub.listen(order)
    for seq in range(QUEUE_LENGTH + 10):
        listener.offer(progress(order, seq))
    waiting = []
    while (item := listener.next(0)) is not None:
        waiting.append(item)
    assert waiting[0] is Note.REREAD
    assert len(waiting) <= 11
    listener.close()


def test_places_are_limited_and_given_back(parts: Parts, order: str) -> None:
    hub = Hub(Events(parts.redis), 2)
    taken = [hub.listen(order), hub.listen(order)]
    with pytest.raises(TooMany):
        hub.listen(order)
    taken[0].close()
    taken[0].close()
    taken.append(hub.listen(order))
    for listener in taken:
        listener.close()


def test_a_listener_holds_no_database_connection(
    order: str, follow: Callable[..., Iterator[tuple[str, str, Any]]]
) -> None:
    streams = [follow() for _ in range(5)]
    for events in streams:
        next(events)
    assert len(database.obj._in_use) == 0
