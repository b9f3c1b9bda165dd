"""Bad input: a clear answer with every field named, and nothing queued."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.api.strict_request import BODY_MAX, IDLE_SECONDS
from avio.errors import EngineAway
from tests.integration.api.conftest import CheckedClient

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DEEP = "[" * 60_000

BAD_PARAMS: list[tuple[dict[str, Any], set[str]]] = [
    ({"alluxioUri": "/data", "alluxioURI": "/data"}, {"params.alluxioURI"}),
    ({"alluxioUri": "/data", "dept": 1}, {"params.dept"}),
    ({"alluxioUri": 7}, {"params.alluxioUri"}),
    ({"alluxioUri": "/data/../etc"}, {"params.alluxioUri"}),
    ({"alluxioUri": "/data/./x"}, {"params.alluxioUri"}),
    ({"alluxioUri": "/data/\0x"}, {"params.alluxioUri"}),
    ({"alluxioUri": "/data/\ud800"}, {"params.alluxioUri"}),
    ({"alluxioUri": ""}, {"params.alluxioUri"}),
    ({"alluxioUri": "data/x"}, {"params.alluxioUri"}),
    ({"alluxioUri": "alluxio:///x"}, {"params.alluxioUri"}),
    ({"alluxioUri": "/" + "x/" * 2100}, {"params.alluxioUri"}),
    ({}, {"params.alluxioUri"}),
    ({"alluxioUri": "/data", "depth": -1}, {"params.depth"}),
    ({"alluxioUri": "/data", "depth": "1"}, {"params.depth"}),
    ({"alluxioUri": "/data", "depth": 1.5}, {"params.depth"}),
    ({"alluxioUri": "/data", "depth": True}, {"params.depth"}),
    ({"alluxioUri": "/data", "depth": 10**30}, {"params.depth"}),
    ({"alluxioUri": "/data", "fromFileList": "yes"}, {"params.fromFileList"}),
    ({"alluxioUri": "/data", "verify": "md5"}, {"params.verify"}),
    ({"alluxioUri": "/data", "ifFull": "wait"}, {"params.ifFull"}),
    ({"alluxioUri": "/data", "onConflict": "rename"}, {"params.onConflict"}),
    ({"alluxioUri": "/data", "tier": "../x"}, {"params.tier"}),
    ({"alluxioUri": "/data", "tier": "TAPE"}, {"params.tier"}),
    ({"fromFileList": True}, {"params.fileListId"}),
    ({"fromFileList": True, "fileListId": "x"}, {"params.fileListId"}),
    ({"fromFileList": True, "fileListId": ULID}, {"params.fileListId"}),
    ({"alluxioUri": "/data", "fileListId": ULID}, {"params.fileListId"}),
    (
        {"alluxioUri": "..", "depth": -1, "verify": 1, "oops": 1},
        {"params.alluxioUri", "params.depth", "params.verify", "params.oops"},
    ),
]


def fields(problem: dict[str, Any]) -> set[str]:
    """Return the members that a problem document names."""
    return {error["field"] for error in problem["errors"]}


@pytest.mark.parametrize(("params", "named"), BAD_PARAMS)
@pytest.mark.parametrize("page", ["/preload", "/save"])
def test_params_that_are_refused(
    ada: CheckedClient, count_jobs: Callable[[], int], page: str, params: dict[str, Any], named: set[str]
) -> None:
    text = json.dumps({"params": params})
    response = ada.post(page, data=text, content_type="application/json")
    assert response.status_code == 400
    assert fields(response.get_json()) == named
    assert all(error["message"] for error in response.get_json()["errors"])
    assert count_jobs() == 0


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"params"}),
        ({"params": None}, {"params"}),
        ({"params": []}, {"params"}),
        ({"params": {"alluxioUri": "/data"}, "nam": "x"}, {"nam"}),
        ({"params": {"alluxioUri": "/data"}, "name": 5}, {"name"}),
        ({"params": {"alluxioUri": "/data"}, "name": "x" * 201}, {"name"}),
        ({"params": {"alluxioUri": "/data"}, "name": "a\nb"}, {"name"}),
        ({"params": {"alluxioUri": "/data"}, "name": ""}, {"name"}),
        ([], set()),
        ("{}", set()),
        (7, set()),
    ],
)
def test_bodies_that_are_refused(ada: CheckedClient, count_jobs: Callable[[], int], body: Any, named: set[str]) -> None:
    response = ada.post("/preload", json=body)
    assert response.status_code == 400
    assert fields(response.get_json()) == named
    assert count_jobs() == 0


@pytest.mark.parametrize("number", [4, -1, "1", True, None, 1.5])
def test_a_type_that_is_none(ada: CheckedClient, number: Any) -> None:
    response = ada.post("/jobs", json={"type": number, "params": {"alluxioUri": "/data"}})
    assert response.status_code == 400
    assert fields(response.get_json()) == {"type"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "not JSON"),
        (b'{"params": {"alluxioUri": "/data", "alluxioUri": "/data/x"}}', "more than once"),
        (b'{"params": {"alluxioUri": "/data", "depth": NaN}}', "not a JSON number"),
        (b'{"params": {"alluxioUri": "/data", "depth": -Infinity}}', "not a JSON number"),
        (b'{"params": {"alluxioUri": "/data", "depth": ' + b"9" * 5000 + b"}}", "not JSON"),
        (DEEP.encode(), "too deep"),
        (b'{"params":' * 6_000, "too deep"),
        (b'{"name": "\xff\xfe"}', "not JSON"),
    ],
)
def test_text_that_is_no_json(ada: CheckedClient, count_jobs: Callable[[], int], text: bytes, says: str) -> None:
    response = ada.post("/preload", data=text, content_type="application/json")
    assert response.status_code == 400
    assert says in response.get_json()["detail"]
    assert count_jobs() == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_a_body_of_another_content_type(ada: CheckedClient, kind: str) -> None:
    response = ada.post("/preload", data=b'{"params": {"alluxioUri": "/data"}}', content_type=kind)
    assert response.status_code == 415
    assert response.get_json()["reason"] == "UNSUPPORTED_MEDIA_TYPE"


def doubled(members: int) -> str:
    """Return an object in which the last of many members occurs twice."""
    names = [f"{no:04}" for no in range(members)]
    return "{" + ",".join(f'"{name}":1' for name in [*names, names[-1]]) + "}"


def test_members_are_few_and_each_is_there_once(nobody: CheckedClient, ada: CheckedClient) -> None:
    nested = '{"a":' * 100 + doubled(100) + "}" * 100
    for text, says in ((doubled(100), "more than once"), (nested, "more than once"), (doubled(1200), "256 members")):
        for client, page in ((nobody, "/login"), (ada, "/preload")):
            response = client.post(page, data=text, content_type="application/json")
            assert response.status_code == 400
            assert says in response.get_json()["detail"]


def test_a_client_without_a_token_may_send_little(nobody: CheckedClient) -> None:
    response = nobody.post("/login", data=b" " * (17 << 10) + b"{}", content_type="application/json")
    assert response.status_code == 413


def test_no_error_is_longer_than_what_it_is_about(ada: CheckedClient, nobody: CheckedClient) -> None:
    many = json.dumps({f"{no:04}": 1 for no in range(250)})
    long = json.dumps({"x" * 10_000: 1, "params": {"y" * 10_000: 1, "alluxioUri": "/" + "z" * 10_000}})
    for client, page, text in ((nobody, "/login", many), (ada, "/preload", many), (ada, "/preload", long)):
        response = client.post(page, data=text, content_type="application/json")
        assert response.status_code == 400
        assert len(response.get_data()) < 8_000
        assert len(response.get_json()["errors"]) <= 33


def test_a_body_that_is_too_long(ada: CheckedClient) -> None:
    response = ada.post("/preload", data=b" " * BODY_MAX + b"{}", content_type="application/json")
    assert response.status_code == 413
    assert response.get_json()["reason"] == "TOO_LARGE"


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
        ("/jobs?type=5", {"type.0"}),
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


def test_a_path_without_a_mount_has_one_text(person: Callable[[str], CheckedClient]) -> None:
    client = person("ada")
    asked, ordered = (
        client.get("/stat", query_string={"alluxioUri": "/other"}),
        client.post("/preload", json={"params": {"alluxioUri": "/other"}}),
    )

    said = [(reply.status_code, reply.get_json()["detail"], reply.get_json()["cure"]) for reply in (asked, ordered)]
    assert said == [(404, "no mount covers /other", "avio ls / shows the mounts")] * 2
