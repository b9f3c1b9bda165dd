"""Health and readiness."""

from collections.abc import Callable

from avio.api import create_app
from avio.config import Settings
from avio.db.models import database
from tests.integration.api.conftest import CheckedClient


def test_readiness_names_every_part(nobody: CheckedClient) -> None:
    assert nobody.get("/healthz").get_json() == {"status": "ok"}
    ready = nobody.get("/readyz")
    assert ready.status_code == 200
    assert {name: part["ok"] for name, part in ready.get_json()["parts"].items()} == {
        "database": True,
        "redis": True,
        "engine": True,
    }


def test_a_part_that_is_away_is_named_and_tells_no_secrets(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://:hush@127.0.0.1:1/0"})
    response = create_app(away).test_client().get("/readyz")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    parts = response.get_json()["parts"]
    assert not parts["redis"]["ok"]
    assert not parts["database"]["ok"], "a database without our tables is none"
    assert "hush" not in response.get_data(as_text=True)
    database.close_all()


def test_a_database_that_is_away_is_503(settings: Settings, person: Callable[[str], CheckedClient]) -> None:
    token = person("ada").token
    away = settings.model_copy(update={"database_url": "postgresql://avio@127.0.0.1:1/avio"})
    client = create_app(away).test_client()
    response = client.get("/jobs", headers={"Authorization": f"QBox {token}"})
    assert response.status_code == 503
    assert response.get_json()["reason"] == "UNAVAILABLE"
    assert int(response.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
