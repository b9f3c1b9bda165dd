"""Each user and each mount has a share of web, and no more: requests, event streams, long polls."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace

import pytest

from avio.api import Web, job_watch
from avio.api.hub import Hub, Listener, Note
from avio.api.login_lanes import Lane
from avio.api.services import KEY
from avio.config import Settings
from avio.db import tokens, users
from avio.db.connection import borrow
from avio.errors import Unavailable
from avio.passwords import digest
from avio.rules import accounts, history
from avio.rules.places import MountPlaces
from avio.streams import Events
from tests.integration.api.conftest import CheckedClient

SHARE = 4  # what `settings` gives to each user, and to each mount
LIMIT = 10.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings of all tests here, with small shares."""
    return settings.model_copy(update={"requests_per_user": SHARE, "requests_per_mount": SHARE // 2})


@pytest.fixture
def hanging(app: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The engine hangs in `stat` until the event is set."""
    go_on = threading.Event()
    engine = app.extensions[KEY].engine
    monkeypatch.setattr(type(engine), "stat", lambda *_, **__: go_on.wait(LIMIT) and None)
    yield go_on
    go_on.set()


def ask(client: CheckedClient, page: str, number: int) -> list[threading.Thread]:
    """Ask for a page so many times at once."""
    threads = [threading.Thread(target=client.get, args=(page,), daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_mount_that_hangs_is_refused_at_once_with_its_name(
    app: Web, ada: CheckedClient, bob: CheckedClient, hanging: threading.Event
) -> None:
    ask(ada, "/stat?alluxioUri=/data/train", SHARE // 2)
    taken = app.extensions[KEY].cache.places._places._taken
    until(lambda: taken["mount /data"] == SHARE // 2)

    began = time.monotonic()
    for page in ("/stat?alluxioUri=/data/x", "/list?alluxioUri=/data"):
        refused = bob.get(page)
        assert (refused.status_code, refused.get_json()["reason"]) == (503, "MOUNT_BUSY")
        assert "mount /data" in refused.get_json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0
    assert bob.post("/preload", json={"params": {"alluxioUri": "/data"}}).status_code == 503
    assert bob.post("/free", json={"alluxioUri": "/data", "recursive": True}).status_code in (403, 503)
    assert bob.get("/whoami").status_code == 200
    assert time.monotonic() - began < 10

    hanging.set()
    until(lambda: not taken)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_user_has_so_many_requests_at_once(
    app: Web,
    ada: CheckedClient,
    bob: CheckedClient,
    hanging: threading.Event,
) -> None:
    services = app.extensions[KEY]
    wide = MountPlaces(services.engine)
    app.extensions[KEY] = replace(services, cache=replace(services.cache, places=wide))
    ask(ada, "/stat?alluxioUri=/data/train", SHARE)
    until(lambda: wide._places._taken["mount /data"] == SHARE)

    refused = ada.get("/whoami")
    assert (refused.status_code, refused.get_json()["reason"]) == (429, "TOO_MANY")
    assert int(refused.headers["Retry-After"]) > 0
    assert bob.get("/whoami").status_code == 200
    assert ada.get("/healthz").status_code == 200

    hanging.set()
    until(lambda: ada.get("/whoami").status_code == 200)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_logins_under_way_leave_readiness_its_places(nobody: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def log_in(*_: object) -> object:
        begun.release()
        go_on.wait(LIMIT)
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(accounts, "log_in", log_in)
    monkeypatch.setattr(Lane, "turn", lambda *_: nullcontext())
    body = {"name": "ada", "password": "x"}
    logins = [threading.Thread(target=lambda: nobody.post("/login", json=body), daemon=True) for _ in range(SHARE)]
    for each in logins:
        each.start()
    assert all(begun.acquire(timeout=LIMIT) for _ in logins)

    assert nobody.post("/login", json=body).status_code == 429
    assert nobody.get("/readyz").status_code == 200

    go_on.set()
    for each in logins:
        each.join(LIMIT)


@pytest.mark.parametrize("page", ["/whoami", "/jobs", "/nothing", "/jobs?oops=1", "/stat?alluxioUri=/no", "/readyz"])
def test_a_place_is_given_back_after_each_request(ada: CheckedClient, page: str) -> None:
    answers = {ada.get(page).status_code for _ in range(SHARE * 3)}
    assert len(answers) == 1
    assert 429 not in answers


def test_a_streamed_reply_has_its_place_until_its_end(ada: CheckedClient, order: str) -> None:
    ada.post(f"/jobs/{order}/cancel")
    for _ in range(SHARE * 3):
        with ada.get(f"/jobs/{order}/events") as response:
            assert response.status_code == 200
            assert response.get_data()


def test_one_user_does_not_take_all_places_of_listeners(app: Web, order: str) -> None:
    hub = Hub(Events(app.extensions[KEY].redis), 4, 2)
    mine = [hub.listen(order, 1), hub.listen(order, 1)]
    with pytest.raises(Exception, match="you have too many event streams"):
        hub.listen(order, 1)
    others = [hub.listen(order, 2), hub.listen(order, 2)]
    for listener in (*mine, *others):
        listener.close()


def test_several_users_together_leave_a_place_of_listeners_to_another(app: Web, order: str) -> None:
    hub = Hub(Events(app.extensions[KEY].redis), 6, 4)
    mine = [hub.listen(order, 1) for _ in range(4)]
    others = [hub.listen(order, 2) for _ in range(2)]

    third = [hub.listen(order, 3), hub.listen(order, 3)]

    assert [is_closed(each) for each in mine] == [False, False, True, True], "the newest of who has most give way"
    assert not any(is_closed(each) for each in (*others, *third))
    for owner in (1, 2, 3):  # all have the same: nobody takes a place from anybody
        with pytest.raises(Exception, match="there are too many event streams"):
            hub.listen(order, owner)
    for listener in (*mine, *others, *third):
        listener.close()
    assert not any(hub._listeners.values())


def is_closed(listener: Listener) -> bool:
    """Tell whether a listener was told to stop."""
    heard: object = True
    while heard is not None:
        heard = listener.next(0)
        if heard is Note.CLOSED:
            return True
    return False


def test_a_stream_that_gives_way_ends_in_order(app: Web, ada: CheckedClient, order: str) -> None:
    hub = app.extensions[KEY].hub
    hub._limit, hub._of_one = 2, 2
    with ada.get(f"/jobs/{order}/events") as response, ada.get(f"/jobs/{order}/events") as newest:
        assert b"snapshot" in next(iter(newest.response)), "it is under way"
        other = hub.listen(order, "another user")
        assert "event: end" not in newest.get_data(as_text=True)
        assert response.status_code == 200
        other.close()


@pytest.mark.parametrize("page", ["/jobs/{}/events", "/jobs/{}?wait=30"])
def test_a_place_is_given_back_whatever_fails(
    app: Web, ada: CheckedClient, order: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = app.extensions[KEY].hub
    calls = iter(range(1000))

    def second_fails(*asked: object) -> object:
        if next(calls) % 2:
            raise Unavailable("the database does not answer")
        return find(*asked)  # type: ignore[arg-type]

    find = history.get
    monkeypatch.setattr(history, "get", second_fails)
    for _ in range(hub._limit + 1):
        assert ada.get(page.format(order)).status_code == 503
    assert not any(hub._listeners.values())


def test_a_long_poll_ends_with_its_token(
    app: Web, ada: CheckedClient, order: str, set_row: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_watch, "REREAD_SECONDS", 0.2)

    def disable() -> None:
        with borrow():
            users.disable("ada")
        set_row(order, message="a secret")

    timer = threading.Timer(0.5, disable)
    timer.start()
    response = ada.get(f"/jobs/{order}?wait=30")
    timer.join()
    assert response.status_code == 401
    assert "a secret" not in response.get_data(as_text=True)


def test_a_stream_tells_nothing_after_the_end_of_its_token(
    app: Web, ada: CheckedClient, order: str, set_row: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_watch, "PING_SECONDS", 0.3)

    def revoke() -> None:
        with borrow():
            assert tokens.revoke(digest(str(ada.token)))
        set_row(order, message="a secret")

    timer = threading.Timer(0.5, revoke)
    timer.start()
    told = ada.get(f"/jobs/{order}/events").get_data(as_text=True)
    timer.join()
    assert "snapshot" in told
    assert "a secret" not in told


def test_a_client_that_hangs_up_is_noticed_at_once(
    app: Web, ada: CheckedClient, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["avio.api.events"], "hang_up_of", lambda _: lambda: True)
    began = time.monotonic()
    with ada.get(f"/jobs/{order}/events") as response:
        assert "snapshot" in response.get_data(as_text=True)
    assert time.monotonic() - began < 10
    assert not any(app.extensions[KEY].hub._listeners.values())
