"""What is wrong about a call beside its body: queries, keys, paths, pages, methods, ids."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from avio.api import Web
from avio.api.services import KEY
from avio.api.strict_request import IDLE_SECONDS, StrictRequest
from avio.config import Settings
from avio.errors import EngineAway
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.test_http_bad_input import fields

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("/list", {"alluxioUri"}),
        ("/list?alluxioUri=", {"alluxioUri"}),
        ("/list?alluxioUri=data", {"alluxioUri"}),
        ("/list?alluxioUri=/data/..", {"alluxioUri"}),
        ("/list?alluxioUri=/data/%00", {"alluxioUri"}),
        ("/list?alluxioUri=/" + "x/" * 2100, {"alluxioUri"}),
        ("/list?alluxioUri=/data&depth=-1", {"depth"}),
        ("/list?alluxioUri=/data&depth=x", {"depth"}),
        ("/list?alluxioUri=/data&pageSize=0", {"pageSize"}),
        ("/list?alluxioUri=/data&pageToken=x", {"pageToken"}),
        ("/list?alluxioUri=/data&pageToken=L2V0Yw==", {"pageToken"}),
        ("/list?alluxioUri=/data&recursive=1", {"recursive"}),
        ("/list?alluxioUri=/data&alluxioUri=/data/x", {"alluxioUri"}),
        ("/list?depth=-1&pageSize=x&oops=1", {"alluxioUri", "depth", "pageSize", "oops"}),
        ("/stat", {"alluxioUri"}),
        ("/stat?alluxioUri=/data/../x", {"alluxioUri"}),
        ("/stat?alluxioUri=/data&depth=1", {"depth"}),
        ("/jobs?status=done", {"status.0"}),
        ("/jobs?status=", {"status.0"}),
        ("/jobs?status=queued,&type=", {"status.1", "type.0"}),
        ("/jobs?type=7", {"type.0"}),
        ("/jobs?uid=x", {"uid"}),
        ("/jobs?pageToken=x", {"pageToken"}),
        ("/jobs?stat=queued", {"stat"}),
        ("/whoami?x=1", {"x"}),
        (f"/jobs/{ULID}?wait=61", {"wait"}),
        (f"/jobs/{ULID}?wait=nan", {"wait"}),
        (f"/jobs/{ULID}?ifVersion=-1", {"ifVersion"}),
        (f"/jobs/{ULID}/report?outcome=lost", {"outcome"}),
        (f"/jobs/{ULID}/log?lines=5", {"lines"}),
        (f"/jobs/{ULID}/events?after=5", {"after"}),
    ],
)
def test_queries_that_are_refused(ada: CheckedClient, page: str, named: set[str]) -> None:
    response = ada.get(page)
    assert response.status_code == 400
    assert fields(response.get_json()) == named


@pytest.mark.parametrize(
    ("page", "status"),
    [("/nothing?%aa&%aa", 404), ("/login?" + "aa&" * 8000, 400), ("/jobs?" + "status=queued&" * 64, 400)],
)
def test_a_query_that_is_too_long_or_for_no_endpoint_is_not_parsed(
    ada: CheckedClient, monkeypatch: pytest.MonkeyPatch, page: str, status: int
) -> None:
    parsed = []
    monkeypatch.setattr(StrictRequest, "args", property(lambda _: parsed.append(1) or MultiDict()))
    refused = ada.post(page, json={}) if page.startswith("/login") else ada.get(page)
    assert (refused.status_code, parsed) == (status, [])
    if status == 400:
        assert refused.get_json()["detail"] == "the query has more than 64 members"


@pytest.mark.parametrize("member", ["status", "type"])
@pytest.mark.parametrize("values", ["," * 30_000, "x," * 15_000, "1," * 64])
def test_values_with_commas_are_counted_before_they_are_read(ada: CheckedClient, member: str, values: str) -> None:
    refused = ada.get(f"/jobs?{member}={values}")
    assert refused.status_code == 400
    named = {error["field"]: error["message"] for error in refused.get_json()["errors"]}
    assert named == {member: "has more than 64 values; give each once"}


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "k\u00e9y"])
def test_an_idempotency_key_that_is_none(ada: CheckedClient, key: str) -> None:
    response = ada.post("/preload", json={"params": {"alluxioUri": "/data"}}, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert fields(response.get_json()) == {"Idempotency-Key"}


@pytest.mark.parametrize("path", ["/data/missing", "/elsewhere"])
def test_an_unknown_path_is_404_for_tasks_and_orders(
    ada: CheckedClient, count_jobs: Callable[[], int], path: str
) -> None:
    answers = [
        ada.get(f"/stat?alluxioUri={path}"),
        ada.get(f"/list?alluxioUri={path}"),
        ada.get(f"/stat?alluxioUri={path}", headers={"Prefer": "respond-async"}),
        ada.post("/preload", json={"params": {"alluxioUri": path}}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert {answer.get_json()["reason"] for answer in answers} == {"PATH_NOT_FOUND"}
    assert all(answer.get_json()["cure"] for answer in answers)
    assert count_jobs() == 0


def test_an_engine_that_is_away_is_503_with_retry_after(
    app: Web, ada: CheckedClient, count_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise EngineAway("the bucket of /data at http://10.0.0.1:9 does not answer")

    engine = type(app.extensions[KEY].engine)
    for call in ("stat", "list", "walk"):
        monkeypatch.setattr(engine, call, away)
    answers = [
        ada.get("/stat?alluxioUri=/data"),
        ada.get("/list?alluxioUri=/data"),
        ada.post("/preload", json={"params": {"alluxioUri": "/data"}}),
    ]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert {answer.get_json()["reason"] for answer in answers} == {"ENGINE_AWAY"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert {answer.get_json()["detail"] for answer in answers} == {"the bucket of /data at (address) does not answer"}
    assert count_jobs() == 0


@pytest.mark.parametrize("page", ["/nothing", "/jobs/nope", f"/jobs/{ULID.lower()}", "/jobs/..%2f", "/list/"])
def test_a_page_that_is_not_there(ada: CheckedClient, page: str) -> None:
    response = ada.get(page)
    assert response.status_code == 404
    assert response.get_json()["reason"] == "NOT_FOUND"


def test_a_method_that_a_page_has_not(ada: CheckedClient) -> None:
    response = ada.delete("/jobs")
    assert response.status_code == 405
    assert response.get_json()["reason"] == "METHOD_NOT_ALLOWED"
    assert "POST" in response.headers["Allow"]


def test_a_bug_is_told_without_its_inside(app: Web, ada: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: Any, **__: Any) -> None:
        raise KeyError("secret of the inside")

    monkeypatch.setattr(type(app.extensions[KEY].engine), "stat", bug)
    response = ada.get("/stat?alluxioUri=/data", headers={"X-Request-Id": "trace-7"})
    assert response.status_code == 500
    assert "secret" not in response.get_data(as_text=True)
    assert response.get_json()["requestId"] == response.headers["X-Request-Id"] == "trace-7"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "<x>"])
def test_a_request_id_that_is_not_sane_is_replaced(nobody: CheckedClient, given: str) -> None:
    assert nobody.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given


def test_a_client_that_stalls_is_not_waited_for_longer_than_half_a_minute(nobody: CheckedClient) -> None:
    with socket.socket() as connection:
        nobody.post("/login", json={}, environ_overrides={"gunicorn.socket": connection})
        assert connection.gettimeout() == IDLE_SECONDS


@pytest.mark.parametrize("call", ["/stat", "/list", "/preload"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [("data/train", "/data/train"), ("file://{bucket}/train/", "/data/train"), ("file://{bucket}", "/data")],
)
def test_what_is_no_path_comes_with_the_path_that_was_meant(
    person: Callable[[str], CheckedClient], bucket: Path, call: str, written: str, meant: str
) -> None:
    member = {"alluxioUri": written.format(bucket=bucket)}
    client = person("ada")

    if call == "/preload":
        refused = client.post(call, json={"params": member})
    else:
        refused = client.get(call, query_string=member)

    assert refused.status_code == 400
    assert refused.get_json()["errors"][0]["message"].endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize("written", ["other/train", "s3://bucket/x", "data/../etc", "../data"])
def test_what_nobody_can_guess_has_no_guess(person: Callable[[str], CheckedClient], written: str) -> None:
    refused = person("ada").get("/stat", query_string={"alluxioUri": written})

    assert (refused.status_code, "did you mean" in refused.get_data(as_text=True)) == (400, False)


@pytest.mark.parametrize("call", ["/stat", "/list", "/preload"])
def test_a_path_below_a_tier_comes_with_the_path_that_was_meant(
    person: Callable[[str], CheckedClient], settings: Settings, call: str
) -> None:
    # Given what `avio path` prints
    member = {"alluxioUri": f"{settings.tiers[0].path}/data/train"}
    client = person("ada")

    if call == "/preload":
        refused = client.post(call, json={"params": member})
    else:
        refused = client.get(call, query_string=member)

    assert (refused.status_code, refused.get_json()["reason"]) == (404, "PATH_NOT_FOUND")
    assert refused.get_json()["detail"].endswith("; did you mean /data/train?")
    elsewhere = {"alluxioUri": f"{settings.tiers[0].path}/elsewhere"}
    assert "did you mean" not in client.get("/stat", query_string=elsewhere).get_data(as_text=True)


def test_a_path_without_a_mount_has_one_text(person: Callable[[str], CheckedClient]) -> None:
    client = person("ada")
    asked, ordered = (
        client.get("/stat", query_string={"alluxioUri": "/other"}),
        client.post("/preload", json={"params": {"alluxioUri": "/other"}}),
    )

    said = [(reply.status_code, reply.get_json()["detail"], reply.get_json()["cure"]) for reply in (asked, ordered)]
    assert said == [(404, "no mount covers /other", "avio ls / shows the mounts")] * 2
