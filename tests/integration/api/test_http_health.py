"""Health and readiness."""

import time
from collections.abc import Callable, Sequence

import pytest

from avio.admin.readiness import ANSWER_SECONDS
from avio.api import create_app
from avio.config import Settings
from avio.db import aggregators, leases, tiers
from avio.db.connection import borrow, shut
from avio.db.sql import change
from avio.engines.members import Member
from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway
from tests.integration.api.conftest import CheckedClient
from tests.processes import slowness

PARTS = ("database", "redis", "engine", "supervisor", "aggregator")


def test_readiness_names_every_part(nobody: CheckedClient) -> None:
    assert nobody.get("/healthz").get_json() == {"status": "ok"}
    with borrow():
        leases.register("n1", "boot", "spool", 2, 60)
        aggregators.beat("a1")

    ready = nobody.get("/readyz")

    assert (ready.status_code, ready.get_json()["status"]) == (200, "ok")
    assert {name: part["ok"] for name, part in ready.get_json()["parts"].items()} == dict.fromkeys(PARTS, True)


def test_without_a_worker_node_that_is_alive_web_is_degraded(nobody: CheckedClient) -> None:
    ready = nobody.get("/readyz")

    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    assert ready.get_json()["parts"]["supervisor"] == {
        "ok": False,
        "message": "no worker node is alive: jobs wait",
    }


def test_without_an_aggregator_that_was_seen_of_late_web_is_degraded(nobody: CheckedClient) -> None:
    with borrow():
        leases.register("n1", "boot", "spool", 2, 60)
        aggregators.beat("a1")
        change("UPDATE aggregators SET seen_at = seen_at - ?", aggregators.ALIVE_SECONDS + 1)

    ready = nobody.get("/readyz")

    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    assert ready.get_json()["parts"]["aggregator"] == {
        "ok": False,
        "message": "no aggregator is alive: progress is not shown",
    }


def test_a_tier_that_is_not_mounted_is_named(nobody: CheckedClient, person: Callable[[str], CheckedClient]) -> None:
    client = person("ada")
    with borrow():
        tiers.register("MEM", "0" * 32)  # the id of another disk

    ready = nobody.get("/readyz")

    assert ready.status_code == 503
    assert ready.get_json()["parts"]["engine"]["message"].startswith("tier MEM: ")
    assert (client.get("/tiers").status_code, client.get("/tiers").get_json()["reason"]) == (503, "TIER_NOT_MOUNTED")


def test_web_is_ready_by_its_database_alone_while_all_else_is_away(settings: Settings, nobody: CheckedClient) -> None:
    away = settings.model_copy(update={"redis_url": "redis://:hush@127.0.0.1:1/0"})
    client = create_app(away, Half(hang)).test_client()

    ready = client.get("/readyz?only=database")

    assert (ready.status_code, ready.get_json()["status"]) == (200, "ok")
    assert list(ready.get_json()["parts"]) == ["database"]
    assert client.get("/readyz").status_code == 503
    nobody.get("/readyz?only=database")  # as described


def test_without_its_database_web_is_not_ready(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://avio@127.0.0.1:1/avio"})

    ready = create_app(away).test_client().get("/readyz?only=database")

    assert (ready.status_code, ready.get_json()["status"]) == (503, "away")
    assert int(ready.headers["Retry-After"]) > 0
    shut()


@pytest.mark.parametrize("query", ["only=redis", "only=", "just=database"])
def test_readiness_of_anything_else_is_refused(nobody: CheckedClient, query: str) -> None:
    refused = nobody.get(f"/readyz?{query}")

    assert refused.status_code in (400, 422)
    assert refused.get_json()["errors"]


class Half(MemoryEngine):
    """An engine with two mounts, one of which hangs or is away."""

    def __init__(self, other: Callable[[], None]) -> None:
        super().__init__()
        self._other = other

    def members(self) -> Sequence[Member]:
        return [Member("mount /a", lambda: None), Member("mount /b", self._other)]


def away() -> None:
    raise EngineAway("http://secret.host:9000 does not answer")


def hang() -> None:
    time.sleep(20)


@pytest.mark.parametrize("other", [away, hang])
def test_one_member_that_is_away_or_hangs_is_named_soon_and_the_others_serve(
    settings: Settings, nobody: CheckedClient, other: Callable[[], None]
) -> None:
    client = create_app(settings, Half(other)).test_client()

    began = time.monotonic()
    ready = client.get("/readyz")

    assert time.monotonic() - began < ANSWER_SECONDS * slowness()
    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    engine = ready.get_json()["parts"]["engine"]
    assert (engine["ok"], engine["missing"]) == (True, ["mount /b"])
    assert engine["message"] == "no answer from mount /b"


def test_a_part_that_is_away_is_named_and_tells_no_secrets(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://:hush@127.0.0.1:1/0"})
    response = create_app(away).test_client().get("/readyz")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    parts = response.get_json()["parts"]
    assert not parts["redis"]["ok"]
    assert not parts["database"]["ok"], "a database without our tables is none"
    assert "hush" not in response.get_data(as_text=True)
    shut()


def test_a_database_that_is_away_is_503(settings: Settings, person: Callable[[str], CheckedClient]) -> None:
    token = person("ada").token
    away = settings.model_copy(update={"database_url": "postgresql://avio@127.0.0.1:1/avio"})
    client = create_app(away).test_client()
    response = client.get("/jobs", headers={"Authorization": f"QBox {token}"})
    assert response.status_code == 503
    assert response.get_json()["reason"] == "UNAVAILABLE"
    assert int(response.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
