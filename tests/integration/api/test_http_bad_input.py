"""Bad input: a clear answer with every field named, and nothing queued."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from avio.api import errors
from avio.api.problem_document import FIELDS_MAX
from avio.api.strict_request import BODY_MAX
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
    ({"alluxioUri": "/data", "ifFull": "perhaps"}, {"params.ifFull"}),
    ({"alluxioUri": "/data", "onConflict": "rename"}, {"params.onConflict"}),
    ({"alluxioUri": "/data", "onConflict": "overwrite", "overwrite": "never"}, {"params.onConflict"}),
    ({"alluxioUri": "/data", "onConflict": "overwrite", "overwrite": "mine"}, {"params.overwrite"}),
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
        (b'{"params": {"alluxioUri": "/data", "depth": ' + b"9" * 5000 + b"}}", "a number has more than 4300 digits"),
        (DEEP.encode(), "too deep"),
        (b'{"params":' * 6_000, "too deep"),
        (b'{"name": "\xff\xfe"}', "its byte 11 is not valid UTF-8"),
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


@pytest.mark.parametrize(
    ("member", "items", "says"),
    [("paths", [1] * 30_000, "up to 1000 paths"), ("filters", [1] * 30_000, "up to 100 rules")],
)
def test_a_list_is_counted_before_its_items_are_read(
    ada: CheckedClient, member: str, items: list[Any], says: str
) -> None:
    refused = ada.post("/preload", json={"params": {"alluxioUri": "/data", member: items}})
    assert refused.status_code == 400
    named = {error["field"]: error["message"] for error in refused.get_json()["errors"]}
    assert named == {f"params.{member}": f"must be a list of {says}"}


def test_only_the_first_errors_are_put_into_words(ada: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    explained = []
    explain = errors._explain
    monkeypatch.setattr(errors, "_explain", lambda detail: explained.append(detail) or explain(detail))
    told = ada.post("/preload", json={"params": {"alluxioUri": "/data", "paths": [1] * 1000}}).get_json()
    assert len(explained) == FIELDS_MAX
    assert len(told["errors"]) == FIELDS_MAX + 1
    assert told["errors"][-1]["message"] == f"and {1000 - FIELDS_MAX} more"
    assert told["detail"].endswith("and 990 more")


def test_a_body_that_is_too_long(ada: CheckedClient) -> None:
    response = ada.post("/preload", data=b" " * BODY_MAX + b"{}", content_type="application/json")
    assert response.status_code == 413
    assert response.get_json()["reason"] == "TOO_LARGE"
