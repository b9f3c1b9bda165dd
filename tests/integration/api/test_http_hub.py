"""The hub behind event streams and polls: Redis away and back, slow listeners, the number of places."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from avio.api import Web
from avio.api.hub import QUEUE_LENGTH, Hub, Note
from avio.api.job_watch import EventStream
from avio.api.services import KEY, Services
from avio.clock import now
from avio.errors import TooMany
from avio.streams import EVENTS_KEY, Events, connect
from avio.wire.events import Event
from tests.integration.api.following import LIMIT, later, progress, read
from tests.processes import wait_until


def test_without_redis_streams_and_polls_go_by_the_rows(order: str, app: Web, set_row: Callable[..., None]) -> None:
    hub = Hub(Events(connect("redis://127.0.0.1:1/0")), 2, 2)
    listener = hub.listen(order, 1)
    deadline = time.monotonic() + LIMIT
    while not listener.deaf and time.monotonic() < deadline:
        time.sleep(0.01)
    assert listener.deaf
    zone = app.extensions[KEY].zone
    stream = iter(
        EventStream(
            read(order), lambda: read(order), listener, zone=zone, seen=(0, 0), expires=partial(float, now() + LIMIT)
        )
    )
    assert "snapshot" in next(stream)
    timer = later(0.3, lambda: set_row(order, state="cancelled", finished_at=now()))
    assert "event: end" in next(stream)
    timer.join()
    listener.close()


def test_a_stream_outlives_a_restart_of_redis_and_mends_the_gap(
    services: Services, order: str, set_row: Callable[..., None]
) -> None:
    class Flaky(Events):
        broken = False

        def tail(self, after: str, block_ms: int, count: int = 500) -> Any:
            if self.broken:
                raise ConnectionError("away")
            return super().tail(after, 100, count)

    events = Flaky(connect(services.settings.redis_url))
    hub = Hub(events, 2, 2)
    listener = hub.listen(order, 1)
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


def test_an_entry_that_is_no_event_is_read_once(
    services: Services, order: str, publish: Callable[[Event], None], caplog: pytest.LogCaptureFixture
) -> None:
    listener = services.hub.listen(order, 1)
    assert listener.next(LIMIT) is Note.REREAD
    services.redis.xadd(EVENTS_KEY, {"e": "{"})
    wait_until(lambda: "dropped a stream entry" in caplog.messages, LIMIT, "the entry is read")
    time.sleep(0.2)

    # Once by each hub: those of other tests end a second after their last listener.
    assert caplog.messages.count("dropped a stream entry") < 20
    publish(progress(order, 1))
    assert listener.next(LIMIT) == progress(order, 1)
    listener.close()


def test_a_slow_listener_gets_one_note_instead_of_everything(services: Services, order: str) -> None:
    listener = services.hub.listen(order, 1)
    for seq in range(QUEUE_LENGTH + 10):
        listener.offer(progress(order, seq))
    waiting = []
    while (item := listener.next(0)) is not None:
        waiting.append(item)
    assert waiting[0] is Note.REREAD
    assert len(waiting) <= 11
    listener.close()


def test_places_are_limited_and_given_back(services: Services, order: str) -> None:
    hub = Hub(Events(services.redis), 2, 2)
    taken = [hub.listen(order, 1), hub.listen(order, 1)]
    with pytest.raises(TooMany):
        hub.listen(order, 1)
    taken[0].close()
    taken[0].close()
    taken.append(hub.listen(order, 1))
    for listener in taken:
        listener.close()


def test_a_moment_without_threads_costs_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    hub = Hub(Events(connect("redis://127.0.0.1:1/0")), 1, 1)
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError):
            hub.listen("JOB", 1)
    listener = hub.listen("JOB", 1)
    deadline = time.monotonic() + LIMIT
    while not listener.deaf and time.monotonic() < deadline:  # it reads, and finds no Redis
        time.sleep(0.01)
    listener.close()
    assert listener.deaf
