"""GET /events: one stream for all jobs that a caller may see; it tells the newest, and nobody else's."""

import json
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest

from avio.api import Web, all_watch, news
from avio.api.all_watch import AllJobsStream, Rows
from avio.api.hub import Hub, Note
from avio.api.news import News
from avio.api.services import Services
from avio.clock import now
from avio.db import users
from avio.db.connection import borrow
from avio.db.models import Job
from avio.errors import NotAuthenticated
from avio.rules import history
from avio.rules.callers import Caller
from avio.streams import Events, connect
from avio.wire.events import Event, StateEvent
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import LIMIT, progress

Told = tuple[str, Any]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks and looks of a fiftieth of a second."""
    monkeypatch.setattr(all_watch, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(all_watch, "LOOK_SECONDS", 0.05)


class Following:
    """The stream of a user, as the route makes it; `tell` puts events into it as the hub would."""

    def __init__(self, services: Services, name: str, lasts: float = LIMIT) -> None:
        with borrow():
            found = users.find(name)
        assert found is not None
        self.caller = Caller(found.uid, found.name, bool(found.admin))
        self.reads: list[Collection[str]] = []
        self.until = now() + lasts
        self.news = News(Hub(Events(connect("redis://127.0.0.1:1/0")), 1, 1), found.uid)
        self.is_revoked = False
        rows = Rows(self.not_ended, self.of_ids)
        stream = AllJobsStream(rows, self.news, zone=services.zone, expires=lambda: self.until)
        self.events: Iterator[Told] = (told for text in stream if (told := parse(text)))

    def not_ended(self) -> list[Job]:
        if self.is_revoked:
            raise NotAuthenticated("revoked")
        return history.not_ended(self.caller, all_watch.OPEN_MAX)

    def of_ids(self, jobs: Collection[str]) -> list[Job]:
        self.reads.append(jobs)
        return history.of_ids(self.caller, jobs)

    def tell(self, *events: Event | Note) -> None:
        for event in events:
            self.news.offer(event)

    def next(self, *kinds: str) -> Told:
        """Return the next event of one of some kinds."""
        return next(told for told in self.events if told[0] in kinds)


def parse(text: str) -> Told | None:
    """Return (event, data) of one event's text; None of a ping."""
    if text.startswith(":"):
        return None
    assert text.endswith("\n\n")
    members = dict(line.split(": ", 1) for line in text.strip().split("\n"))
    return members["event"], json.loads(members["data"])


@pytest.fixture
def follow(services: Services) -> Callable[..., Following]:
    """Follow all jobs of a user."""
    return lambda name="ada", **options: Following(services, name, **options)


def preload(client: CheckedClient) -> str:
    made = client.post("/preload", json={"params": {"alluxioUri": "/data/train"}})
    return str(made.get_json()["id"])


def test_a_stream_begins_with_the_jobs_that_have_not_ended(
    order: str, ada: CheckedClient, bob: CheckedClient, follow: Callable[..., Following]
) -> None:
    over = preload(ada)
    ada.post(f"/jobs/{over}/cancel")
    preload(bob)

    event, data = next(follow().events)

    assert (event, [job["id"] for job in data["jobs"]]) == ("snapshot", [order])
    assert data["jobs"][0]["waiting"]["reason"] == "NO_NODE"


def test_progress_state_and_end_of_a_job_are_told_with_its_id(
    order: str, follow: Callable[..., Following], set_row: Callable[..., None]
) -> None:
    stream = follow()
    stream.next("snapshot")
    set_row(order, state="running", node="n1", attempt=1)
    stream.tell(StateEvent(order, 1, "running"))
    assert stream.next("state")[1]["status"] == "running"

    stream.tell(progress(order, 3))
    _, data = stream.next("progress")
    assert (data["id"], data["phase"], data["progress"]["done"]) == (order, "transferring", {"files": 3, "bytes": 300})

    set_row(order, state="cancelled", finished_at=now(), node=None)
    stream.tell(StateEvent(order, 1, "cancelled"))
    assert stream.next("end")[1]["status"] == "cancelled"


def test_of_many_events_the_newest_is_told_and_figures_do_not_fall(
    order: str, follow: Callable[..., Following], set_row: Callable[..., None]
) -> None:
    set_row(order, state="running", node="n1", attempt=1)
    stream = follow()
    stream.next("snapshot")
    stream.tell(*(progress(order, seq) for seq in (1, 5, 4, 2)))
    assert stream.next("progress")[1]["progress"]["done"]["files"] == 5

    stream.tell(progress(order, 3), progress(order, 6))
    assert stream.next("progress")[1]["progress"]["done"]["files"] == 6


def test_a_job_of_another_user_is_never_told_and_asked_for_once(
    order: str, bob: CheckedClient, follow: Callable[..., Following], set_row: Callable[..., None]
) -> None:
    others = preload(bob)
    for job in (others, order):
        set_row(job, state="running", node="n1", attempt=1)
    stream = follow()
    stream.next("snapshot")
    for seq in (1, 2, 3):
        stream.tell(progress(others, seq), StateEvent(others, 1, "running"), progress(order, seq))
        assert stream.next("progress", "state", "end")[1]["id"] == order

    assert [jobs for jobs in stream.reads if others in jobs] == [{others}]


def test_an_admin_is_told_of_all(order: str, follow: Callable[..., Following], bob: CheckedClient) -> None:
    theirs = preload(bob)
    assert {job["id"] for job in follow("root").next("snapshot")[1]["jobs"]} == {order, theirs}


def test_a_job_that_was_ordered_since_is_told_without_an_event(
    order: str, ada: CheckedClient, follow: Callable[..., Following]
) -> None:
    stream = follow()
    stream.next("snapshot")
    later = preload(ada)
    _, data = stream.next("state")

    assert (data["id"], data["status"]) == (later, "queued")


def test_an_end_without_an_event_is_told(
    order: str, follow: Callable[..., Following], set_row: Callable[..., None]
) -> None:
    stream = follow()
    stream.next("snapshot")
    set_row(order, state="cancelled", finished_at=now())

    assert stream.next("end", "state")[0] == "end"


def test_after_a_gap_there_is_a_snapshot(order: str, follow: Callable[..., Following]) -> None:
    stream = follow()
    stream.next("snapshot")
    stream.tell(progress(order, 1), Note.REREAD)

    assert stream.next("snapshot", "progress")[0] == "snapshot"


def test_a_listener_that_reads_nothing_for_long_has_a_gap_and_little_memory(
    order: str, follow: Callable[..., Following], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "JOBS_MAX", 10)
    stream = follow()
    stream.next("snapshot")
    stream.tell(*(progress(f"{number:026}", 1) for number in range(25)))
    bundle = stream.news.take(1000)

    assert bundle.has_gap
    assert len(bundle.progress) < 10


def test_a_tick_tells_the_figures_of_some_jobs_and_the_others_have_their_turn(follow: Callable[..., Following]) -> None:
    stream = follow()
    stream.tell(*(progress(f"{number:026}", 1) for number in range(5)))

    assert [event.job[-1] for event in stream.news.take(2).progress] == ["0", "1"]
    stream.tell(progress(f"{0:026}", 2))
    assert [event.job[-1] for event in stream.news.take(9).progress] == ["2", "3", "4", "0"]


def test_a_stream_ends_with_its_token_and_with_its_process(order: str, follow: Callable[..., Following]) -> None:
    assert list(follow(lasts=-1).events) == []
    began = time.monotonic()
    revoked = follow()
    revoked.next("snapshot")
    revoked.is_revoked = True
    assert list(revoked.events) == []
    stopped = follow()
    stopped.next("snapshot")
    stopped.tell(Note.CLOSED)
    assert list(stopped.events) == []
    assert time.monotonic() - began < LIMIT / 2


def test_the_route_streams_and_gives_its_place_back(
    order: str, ada: CheckedClient, app: Web, services: Services
) -> None:
    places = [ada.get("/events", buffered=False) for _ in range(services.settings.listeners_of_user)]
    first = parse(next(iter(places[0].response)).decode())
    assert first is not None
    assert first[0] == "snapshot"
    assert places[0].mimetype == "text/event-stream"
    assert ada.get("/events").status_code == 429

    for response in places:
        response.close()
    again = ada.get("/events", buffered=False)
    assert again.status_code == 200
    again.close()


def test_nobody_gets_no_stream(nobody: CheckedClient) -> None:
    assert nobody.get("/events").status_code == 401
