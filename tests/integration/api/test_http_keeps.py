"""Keeps by HTTP: made, set again, listed and ended; whose they are, and what a free is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.api.conftest import CheckedClient

ABSENT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def later(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@pytest.fixture
def made(ada: CheckedClient) -> dict[str, Any]:
    """A keep of Ada, as the reply shows it."""
    response = ada.post("/keeps", json={"alluxioUri": "/data/train/", "until": later(72.01)})
    assert response.status_code == 201
    assert response.headers["Location"] == f"/keeps/{response.get_json()['id']}"
    return dict(response.get_json())


def test_a_keep_is_made_shown_and_set_again(made: dict[str, Any], ada: CheckedClient) -> None:
    assert (made["path"], made["uid"], made["user"], made["status"]) == ("/data/train", 1, "ada", "starting")
    assert (made["endTime"], made["endedBy"], made["evictable"]) == (None, None, False)
    assert ada.get(f"/keeps/{made['id']}").get_json() == made
    assert ada.get("/keeps").get_json() == {"keeps": [made], "nextPageToken": None}

    again = ada.post("/keeps", json={"alluxioUri": "/data/train", "until": later(1)})
    assert (again.status_code, again.get_json()["id"]) == (200, made["id"])
    assert again.get_json()["until"] < made["until"]


def test_a_keep_is_ended_and_stays_in_the_list(made: dict[str, Any], ada: CheckedClient, root: CheckedClient) -> None:
    assert root.delete(f"/keeps/{made['id']}").status_code == 204
    ended = ada.get(f"/keeps/{made['id']}").get_json()
    assert (ended["status"], ended["endedBy"]) == ("ended", "root")
    assert ended["endTime"]
    assert ada.delete(f"/keeps/{made['id']}").status_code == 204
    assert ada.get(f"/keeps/{made['id']}").get_json() == ended
    assert ada.get("/keeps?alluxioUri=/data").get_json()["keeps"] == []


def test_everybody_sees_who_keeps_a_path_and_nobody_else_ends_it(made: dict[str, Any], bob: CheckedClient) -> None:
    assert bob.get("/keeps").get_json()["keeps"] == []
    assert bob.get("/keeps?alluxioUri=/data/train/a.bin").get_json()["keeps"] == [made]
    assert bob.get(f"/keeps/{made['id']}").status_code == 404
    assert bob.delete(f"/keeps/{made['id']}").status_code == 404
    assert bob.delete(f"/keeps/{ABSENT}").status_code == 404


def test_a_free_of_a_kept_path_says_who_keeps_it(made: dict[str, Any], root: CheckedClient) -> None:
    for headers in ({}, {"Prefer": "respond-async"}):
        refused = root.post("/free", json={"alluxioUri": "/data", "recursive": True}, headers=headers)
        assert refused.status_code == 409
        problem = refused.get_json()
        assert problem["reason"] == "KEPT"
        assert problem["detail"].startswith("ada keeps /data/train cached for another 72h00m")
        assert problem["cure"] == "end it by its id first: DELETE /keeps/{id}"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"alluxioUri": "/data", "until": "tomorrow"}, 400, "until"),
        ({"alluxioUri": "/data", "until": None}, 400, "until"),
        ({"alluxioUri": "/data", "until": "2020-01-01T00:00:00Z"}, 400, "until"),
        ({"alluxioUri": "data", "until": "2099-01-01T00:00:00Z"}, 400, "alluxioUri"),
        ({"alluxioUri": "/elsewhere", "until": later(1)}, 404, None),
    ],
)
def test_what_can_not_be_kept_is_refused(ada: CheckedClient, body: dict[str, Any], status: int, field: str) -> None:
    refused = ada.post("/keeps", json=body)
    assert refused.status_code == status
    assert [each["field"] for each in refused.get_json().get("errors", [])] == ([field] if field else [])


def test_a_name_that_is_not_utf_8_can_be_kept(ada: CheckedClient) -> None:
    body = {"alluxioUri": "/data/%FF", "alluxioUriEncoded": True, "until": later(1)}
    made = ada.post("/keeps", json=body).get_json()
    assert made["path"] == "/data/%FF"
    found = ada.get("/keeps?alluxioUri=/data/%25FF/x&alluxioUriEncoded=true").get_json()["keeps"]
    assert [each["id"] for each in found] == [made["id"]]
