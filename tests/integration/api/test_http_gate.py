"""GET /wait: answers when a path meets a condition, over the real engine; what it refuses, and what waiters share."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.engines.base import Entry, Side
from avio.engines.local.engine import LocalEngine
from avio.errors import EngineAway
from avio.executor.attempt import Attempt
from avio.rules import cache, looks
from avio.wire.params import Params
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import LIMIT, later

Load = Callable[[str], None]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(looks, "LEAST_PAUSE_SECONDS", 0.1)


@pytest.fixture
def load(app: Web) -> Load:
    """Load what is below a path, as a job would."""
    engine = app.extensions[KEY].engine

    def preload(path: str) -> None:
        list(engine.preload(engine.walk(path, depth=None, side=Side.BUCKET), Params(), Attempt("j", 1)))

    return preload


def asked(client: CheckedClient, until: str, wait: float = 0.5, path: str = "/data/train", **more: str) -> Any:
    """Return the answer."""
    query = {"alluxioUri": path, "until": until, "wait": str(wait), **more}
    return client.get("/wait", query_string=query)


def test_a_condition_that_is_met_is_answered_at_once_with_how_the_path_stands(ada: CheckedClient, load: Load) -> None:
    load("/data/train")
    began = time.monotonic()
    info = asked(ada, "saved and cached>=100%", 30, "alluxio://h:1/data/train/").get_json()

    assert time.monotonic() - began < LIMIT
    assert (info["path"], info["until"], info["met"], info["unmet"]) == ("/data/train", "saved,cached", True, [])
    assert (info["entry"]["files"], info["entry"]["filesCached"]) == (3, 3)
    assert info["lookTime"] is not None


def test_a_condition_that_is_not_met_is_answered_when_the_wait_is_over(ada: CheckedClient, load: Load) -> None:
    load("/data/train/a.bin")
    began = time.monotonic()
    info = asked(ada, "cached>=20%,cached,saved", 0.5).get_json()

    assert 0.5 <= time.monotonic() - began < LIMIT
    assert (info["met"], info["unmet"]) == (False, ["cached"])
    assert info["entry"]["filesCached"] == 1


def test_a_wait_ends_soon_after_the_last_file_has_come(ada: CheckedClient, load: Load) -> None:
    timer = later(0.5, lambda: load("/data/train"))
    began = time.monotonic()
    info = asked(ada, "cached", 30).get_json()
    timer.join()

    assert info["met"]
    assert time.monotonic() - began < LIMIT


def test_a_file_that_is_not_saved_keeps_saved_from_being_met(ada: CheckedClient, load: Load, tmp_path: Path) -> None:
    load("/data/train")
    (tmp_path / "mem/data/train/new.bin").write_bytes(b"new")

    assert asked(ada, "saved,cached").get_json()["unmet"] == ["saved"]


def test_a_path_that_is_not_there_is_an_error_or_waited_for(ada: CheckedClient, bucket: Path, load: Load) -> None:
    refused = asked(ada, "cached", 30, "/data/new")
    assert (refused.status_code, refused.get_json()["reason"]) == (404, "PATH_NOT_FOUND")
    assert asked(ada, "cached", 30, "/other/x", missing="wait").status_code == 404  # no mount covers it

    info = asked(ada, "cached", 0.3, "/data/new", missing="wait").get_json()
    assert (info["met"], info["unmet"], info["entry"]) == (False, ["cached"], None)
    assert info["lookTime"] is not None

    def appear() -> None:
        (bucket / "new").mkdir()
        (bucket / "new/x.bin").write_bytes(b"x")
        load("/data/new")

    timer = later(0.3, appear)
    assert asked(ada, "cached", 30, "/data/new", missing="wait").get_json()["met"]
    timer.join()


def test_without_any_look_so_far_nothing_is_met(
    ada: CheckedClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("/data/train")
    stat = LocalEngine.stat

    def slowly(engine: LocalEngine, path: str, **more: Any) -> Entry:
        time.sleep(0.3)
        return stat(engine, path, **more)

    monkeypatch.setattr(LocalEngine, "stat", slowly)
    info = asked(ada, "cached", 0).get_json()

    assert (info["met"], info["entry"], info["lookTime"]) == (False, None, None)
    assert asked(ada, "cached", 30).get_json()["met"]


def test_an_empty_directory_is_never_cached(ada: CheckedClient, bucket: Path) -> None:
    (bucket / "empty").mkdir()

    assert asked(ada, "cached", 0.3, "/data/empty").get_json()["unmet"] == ["cached"]


def test_a_store_that_does_not_answer_is_waited_for_and_meets_nothing(
    ada: CheckedClient, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("/data/train")
    stat = LocalEngine.stat
    refusing = [True]

    def away(engine: LocalEngine, path: str, **more: Any) -> Entry:
        if refusing:
            raise EngineAway("no answer from 10.0.0.1:9000")
        return stat(engine, path, **more)

    monkeypatch.setattr(LocalEngine, "stat", away)
    refused = asked(ada, "cached", 0.3)
    assert (refused.status_code, refused.get_json()["reason"]) == (503, "ENGINE_AWAY")
    assert "10.0.0.1" not in refused.get_json()["detail"]

    timer = later(0.3, refusing.clear)
    assert asked(ada, "cached", 30).get_json()["met"]
    timer.join()


def test_more_files_than_a_task_counts_need_a_stat_job(ada: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "STAT_FILES_MAX", 2)
    refused = asked(ada, "cached", 30)

    assert (refused.status_code, refused.get_json()["reason"]) == (413, "TOO_LARGE")


def test_a_condition_that_can_not_be_read_is_refused(ada: CheckedClient) -> None:
    for until in ("cached>95%", "cached>=95", "", "cached," * 30):
        refused = asked(ada, until)
        assert refused.status_code == 400
        assert [error["field"] for error in refused.get_json()["errors"]] == ["until"]


def test_every_wrong_member_is_named_at_once(ada: CheckedClient) -> None:
    refused = asked(ada, "all", 61, "data", missing="ok")

    named = {error["field"] for error in refused.get_json()["errors"]}
    assert named == {"until", "wait", "alluxioUri", "missing"}


def test_nobody_waits_without_a_token(nobody: CheckedClient) -> None:
    assert asked(nobody, "cached").status_code == 401


def test_waits_take_the_places_of_long_polls(app: Web, ada: CheckedClient, bob: CheckedClient) -> None:
    hub = app.extensions[KEY].hub
    taken = [hub.listen("/data/train", 1) for _ in range(app.extensions[KEY].settings.listeners_of_user)]
    try:
        assert asked(ada, "cached", 1).status_code == 429
        assert asked(ada, "cached", 0).status_code == 200  # it waits for nothing
        assert asked(bob, "cached", 0.1).status_code == 200
    finally:
        for listener in taken:
            listener.close()
    assert asked(ada, "cached", 0.1).status_code == 200
    assert not hub._places
