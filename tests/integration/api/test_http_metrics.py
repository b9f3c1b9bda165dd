"""/metrics of web: who may read it, that it shows the truth of the database, and that labels have few values."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from avio.aggregator.counting import Counting
from avio.api import Web, create_app, figures_collector
from avio.api.metrics import AT_ONCE
from avio.api.services import Services
from avio.config import Settings
from avio.db import aggregators, cache_maps, leases, schema, tiers
from avio.db.connection import borrow, shut
from avio.db.models import Job
from avio.db.sql import change
from avio.metrics.declared import METRICS, WEB
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.served_web import served
from tests.processes import wait_until
from tests.servers.plain_http import NO_CERTIFICATES

SECRET = "a secret of 16 characters"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return the values of a scrape, by the names of samples and the values of labels in the order of their names."""
    return {
        (each.name, tuple(value for _, value in sorted(each.labels.items()))): each.value
        for family in parse(text)
        for each in family.samples
    }


def scraped(client: CheckedClient) -> dict[tuple[str, tuple[str, ...]], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    return samples(response.text)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_collector, "FRESH_SECONDS", 0.0)


@pytest.fixture
def made(settings: Settings) -> Iterator[Callable[..., CheckedClient]]:
    """Return what makes an app with further settings, and a client of it without a token."""

    def make(**more: object) -> CheckedClient:
        app = create_app(Settings(**{**settings.model_dump(), "mounts": settings.mounts, **more}))
        app.test_client_class = CheckedClient
        with borrow():
            schema.prepare()
        client = app.test_client()
        assert isinstance(client, CheckedClient)
        return client

    yield make
    shut()


def test_everybody_may_read_open_metrics_and_nobody_those_that_are_off(made: Callable[..., CheckedClient]) -> None:
    assert made().get("/metrics").status_code == 200
    assert made(metrics="off").get("/metrics").status_code == 404


@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Bearer", f"QBox {SECRET}", f"Bearer {SECRET}x"])
def test_metrics_with_a_token_need_it(made: Callable[..., CheckedClient], sent: str | None) -> None:
    client = made(metrics="token", metrics_token=SECRET)

    headers = {} if sent is None else {"Authorization": sent}
    assert client.get("/metrics", headers=headers).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200


def test_a_new_server_shows_each_metric_of_web(nobody: CheckedClient) -> None:
    nobody.get("/list")  # so that there are request times
    families = {family.name for family in parse(nobody.get("/metrics").text)}

    expected = {metric.name.removesuffix("_total") for metric in METRICS if WEB in metric.shown_by}
    assert families == expected


def test_the_fleet_and_the_queue_are_those_of_the_database(nobody: CheckedClient, order: str) -> None:
    with borrow():
        leases.register("n1", "boot", "spool", 3, 60)
        aggregators.beat("a")
        tiers.register("MEM", "id")
        change("UPDATE tiers SET capacity = 100, used = 40, reserved = 5, free = 55, seen_at = {now}")
        change("UPDATE jobs SET run_at = {now} - 30")
    found = scraped(nobody)

    assert found["avio_database_up", ()] == 1
    assert found["avio_jobs", ("queued", "preload")] == 1
    assert 30 <= found["avio_job_queue_oldest_seconds", ()] < 60
    assert found["avio_slots", ("n1", "free")] == 3
    assert 0 <= found["avio_lease_age_seconds", ("n1",)] < 30
    assert found["avio_live_processes", ("supervisor",)] == found["avio_live_processes", ("aggregator",)] == 1
    assert found["avio_tier_bytes", ("capacity", "MEM")] == 100
    assert ("avio_tier_bytes", ("dirty", "MEM")) not in found


def test_unsaved_files_are_told_by_tier_and_mount_once_a_map_is_there(nobody: CheckedClient) -> None:
    map_ = {"depth": 6, "isWhole": True, "rows": [["/data/x", None, None, True, 2, 20, 0, 0, 1, 15, 1.0]]}
    assert not any(name == "avio_dirty_oldest_seconds" for name, _ in scraped(nobody))
    with borrow():
        tiers.register("MEM", "id")
        assert cache_maps.begin("MEM", "n1", 60)
        cache_maps.store("MEM", "n1", map_, 1.0, 60)
    found = scraped(nobody)

    assert found["avio_dirty_oldest_seconds", ("/data",)] > 1e9
    assert found["avio_tier_bytes", ("dirty", "MEM")] == 15


def test_what_was_counted_is_shown(nobody: CheckedClient, ada: CheckedClient, order: str) -> None:
    assert ada.post(f"/jobs/{order}/cancel").status_code == 202
    Counting(["/data"]).count()

    assert scraped(nobody)["avio_jobs_ended_total", ("cancelled", "preload")] == 1


def test_routes_are_templates_whatever_is_asked(nobody: CheckedClient, ada: CheckedClient, order: str) -> None:
    for path in (f"/jobs/{order}", f"/jobs/{order}?wait=1&ifVersion=99", "/stat?alluxioUri=/data/train"):
        ada.get(path)
    for path in ("/of/nobody", "/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        nobody.get(path)
    nobody.open("/of/nobody", method="BREW")
    found = {labels for name, labels in scraped(nobody) if name == "avio_http_request_seconds_count"}

    assert {
        ("GET", "/jobs/{id}", "200"),
        ("GET", "/jobs/{id}?wait", "200"),
        ("GET", "/jobs/{id}", "401"),
        ("GET", "/stat", "200"),
        ("GET", "none", "404"),
        ("other", "none", "404"),
    } <= found
    assert ("avio_engine_request_seconds_count", ("stat", "local")) in scraped(nobody)


def test_scrapes_are_few_at_once(nobody: CheckedClient, services: Services) -> None:
    for _ in range(AT_ONCE):
        assert services.scrapes.take(None)

    assert nobody.get("/metrics").status_code == 429
    services.scrapes.give_back(None)
    assert nobody.get("/metrics").status_code == 200


def test_a_worker_that_takes_the_place_of_a_dead_one_shows_what_that_one_had_seen(
    app: Web, settings: Settings, tmp_path: Path
) -> None:
    with served(settings, tmp_path) as web:

        def get(path: str) -> httpx2.Response:
            return httpx2.get(f"{web.url}{path}", verify=NO_CERTIFICATES)

        for _ in range(3):
            get("/openapi.json")
        os.kill(_worker_of(web.process.pid), signal.SIGKILL)
        wait_until(web.answers, 30.0, "another worker answers")
        found = samples(get("/metrics").text)

    assert found["avio_http_request_seconds_count", ("GET", "/openapi.json", "200")] == 3


def _worker_of(master: int) -> int:
    return int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])


@pytest.mark.parametrize(("sent", "kept"), [(TRACE, TRACE), ("of nobody", None), (None, None)])
def test_a_job_keeps_the_trace_of_its_request(ada: CheckedClient, sent: str | None, kept: str | None) -> None:
    headers = {} if sent is None else {"traceparent": sent}
    job = ada.post("/preload", json={"params": {"alluxioUri": "/data/train"}}, headers=headers).get_json()["id"]

    with borrow():
        assert Job.get_by_id(job).trace == kept
