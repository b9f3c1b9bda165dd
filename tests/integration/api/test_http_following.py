"""Following a job: version and ETag, the long poll, the event stream, with Redis there and away."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from avio.api import job_watch
from avio.api.job_watch import EventStream, parse_mark
from avio.api.services import Services
from avio.clock import now
from avio.db.models import database
from avio.errors import NotAuthenticated
from avio.streams import Events, connect
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import Counters, Progress
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import LIMIT, progress, read
from tests.processes import slowness


@pytest.fixture
def follow(services: Services, order: str) -> Iterator[Callable[..., Iterator[tuple[str, str, Any]]]]:
    """Follow the ordered job as the route does; yields (id, event, data)."""
    listeners = []

    def stream(last_event_id: str = "", lasts: float = LIMIT) -> Iterator[tuple[str, str, Any]]:
        listener = services.hub.listen(order, 1)
        listeners.append(listener)
        seen, until = parse_mark(last_event_id), now() + lasts
        first = read(order)
        text = EventStream(first, lambda: read(order), listener, zone=services.zone, seen=seen, expires=lambda: until)
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


def test_a_stream_begins_with_a_snapshot_and_ends_with_the_job(
    order: str,
    follow: Callable[..., Iterator[tuple[str, str, Any]]],
    set_row: Callable[..., None],
    publish: Callable[[Event], None],
    services: Services,
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
    Events(connect(services.settings.redis_url)).publish([progress(order, 2**40)])  # not by the attempt
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
    assert time.monotonic() - began < 5 * slowness()


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


def test_a_stream_looks_at_its_token_again_and_ends_when_it_is_revoked(
    services: Services, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_watch, "PING_SECONDS", 0.2)
    monkeypatch.setattr(job_watch, "REREAD_SECONDS", 0.1)
    looks = iter([now() + 0.5, now() + 60, now() + 60])

    def expires() -> float:
        if (until := next(looks, None)) is None:
            raise NotAuthenticated("the token is invalid")
        return until

    listener = services.hub.listen(order, 1)
    stream = EventStream(read(order), lambda: read(order), listener, zone=services.zone, seen=(0, 0), expires=expires)

    assert list(stream).count(": ping\n\n") == 3, "it outlived the first end of its token, not the revocation"
    listener.close()


def test_what_a_stream_shows_does_not_fall_with_a_new_attempt(
    order: str,
    follow: Callable[..., Iterator[tuple[str, str, Any]]],
    set_row: Callable[..., None],
    publish: Callable[[Event], None],
) -> None:
    set_row(
        order, state="running", node="n1", attempt=1, files_done=3, files_total=10, bytes_done=300, bytes_total=1000
    )
    events = follow()
    next(events)
    publish(progress(order, 6))
    assert figures_of(next(events)) == (10, 6, 60.0)

    set_row(order, state="running", node="n2", attempt=2)
    publish(StateEvent(order, 2, "running"))
    assert figures_of(next(events)) == (10, 6, 60.0)
    publish(ProgressEvent(order, 2, 1, Progress("listing", False, Counters(0, 0, 0, 0))))
    assert figures_of(next(events)) == (10, 6, 60.0)
    publish(progress(order, 7, attempt=2))
    assert figures_of(next(events)) == (10, 7, 70.0)

    set_row(order, state="partial", node=None, files_done=5, bytes_done=500, total_complete=True, finished_at=now())
    publish(StateEvent(order, 2, "partial"))
    _, event, job = next(events)
    assert (event, job["progress"]["done"]["files"]) == ("end", 5), "the end is what is true"


def figures_of(event: tuple[str, str, Any]) -> tuple[int, int, float]:
    """Return the files in total and done, and the percentage, of an event."""
    shown = event[2]["progress"]
    return shown["total"]["files"], shown["done"]["files"], shown["percent"]


def test_a_quiet_stream_has_pings(services: Services, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_watch, "PING_SECONDS", 0.2)
    monkeypatch.setattr(job_watch, "REREAD_SECONDS", 0.1)
    listener = services.hub.listen(order, 1)
    stream = EventStream(
        read(order), lambda: read(order), listener, zone=services.zone, seen=(0, 0), expires=partial(float, now() + 2)
    )
    assert ": ping\n\n" in list(stream)
    listener.close()


def test_a_listener_holds_no_database_connection(
    order: str, follow: Callable[..., Iterator[tuple[str, str, Any]]]
) -> None:
    streams = [follow() for _ in range(5)]
    for events in streams:
        next(events)
    assert len(database.obj._in_use) == 0
