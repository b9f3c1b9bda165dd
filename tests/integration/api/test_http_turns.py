"""Priority, labels and what a queued job waits for, in the API."""

import json
from typing import Any

import pytest

from avio.db import aggregators, groups, leases
from avio.db.connection import borrow
from tests.integration.api.conftest import CheckedClient

PARAMS = {"alluxioUri": "/data/train"}


def order(client: CheckedClient, **params: Any) -> Any:
    return client.post("/preload", json={"params": {**PARAMS, **params}})


def test_a_priority_above_0_needs_a_right_at_each_door(ada: CheckedClient, root: CheckedClient) -> None:
    mine = order(ada, priority=-3).get_json()
    assert mine["priority"] == -3

    refused = [
        order(ada, priority=1),
        ada.post("/jobs", json={"type": 0, "params": {**PARAMS, "priority": 1}}),
        ada.patch(f"/jobs/{mine['id']}", json={"priority": 1}),
    ]

    assert [response.status_code for response in refused] == [403] * 3
    assert "priority above 0" in refused[0].get_json()["detail"]
    assert ada.patch(f"/jobs/{mine['id']}", json={"priority": None}).get_json()["priority"] == 0
    assert root.patch(f"/jobs/{mine['id']}", json={"priority": 10}).get_json()["priority"] == 10


def test_a_user_who_got_the_right_overtakes(ada: CheckedClient) -> None:
    with borrow():
        groups.set_user("ada", {"may_overtake": True})

    job = order(ada, priority=5).get_json()["id"]
    ada.post(f"/jobs/{job}/cancel")
    with borrow():
        groups.set_user("ada", {"may_overtake": False})

    assert ada.post(f"/jobs/{job}/retry").status_code == 403


@pytest.mark.parametrize("priority", [11, -11, 1.5, "1", True])
def test_an_invalid_priority_is_refused(ada: CheckedClient, priority: Any) -> None:
    response = order(ada, priority=priority)

    assert response.status_code == 400
    assert [error["field"] for error in response.get_json()["errors"]] == ["params.priority"]


def test_labels_are_set_one_by_one_and_removed_by_null(ada: CheckedClient) -> None:
    job = order(ada).get_json()
    assert job["labels"] == {}

    def labelled(labels: Any) -> Any:
        return ada.patch(f"/jobs/{job['id']}", json={"labels": labels}).get_json()["labels"]

    assert labelled({"team": "vision", "run": "7"}) == {"team": "vision", "run": "7"}
    assert labelled({"run": None, "note": "ä b"}) == {"team": "vision", "note": "ä b"}
    assert ada.get(f"/jobs/{job['id']}").get_json()["version"] == job["version"] + 2
    assert labelled(None) == {}


@pytest.mark.parametrize(
    "labels",
    [
        {"": "x"},
        {"a b": "x"},
        {"a" * 64: "x"},
        {"a": "x" * 201},
        {"a": "b\nc"},
        {"a": "\ud800"},
        {"\ud800": "a"},
        {"a": 1},
        [],
        {str(n): "" for n in range(21)},
    ],
    ids=str,
)
def test_invalid_labels_change_nothing(ada: CheckedClient, labels: Any) -> None:
    job = order(ada).get_json()["id"]

    body = json.dumps({"labels": labels, "name": "new"})
    response = ada.patch(f"/jobs/{job}", data=body, content_type="application/json")

    assert response.status_code == 400
    assert {error["field"].split(".")[0] for error in response.get_json()["errors"]} == {"labels"}
    assert ada.get(f"/jobs/{job}").get_json()["name"] == ""


def test_a_job_has_no_more_labels_after_many_changes_than_at_once(ada: CheckedClient) -> None:
    job = order(ada).get_json()["id"]
    ada.patch(f"/jobs/{job}", json={"labels": {str(number): "" for number in range(15)}})

    response = ada.patch(f"/jobs/{job}", json={"labels": {f"x{number}": "" for number in range(6)}})

    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "labels"


def test_a_queued_job_says_what_it_waits_for_wherever_it_is_shown(ada: CheckedClient) -> None:
    first, second = order(ada).get_json(), order(ada).get_json()

    shown = ada.get(f"/jobs/{second['id']}").get_json()["waiting"]
    listed = {job["id"]: job["waiting"] for job in ada.get("/jobs").get_json()["jobs"]}
    changed = ada.patch(f"/jobs/{second['id']}", json={"name": "x"}).get_json()["waiting"]

    assert (shown["reason"], shown["for"], shown["position"]) == ("NO_NODE", None, 2)
    assert shown["since"] == second["createTime"]
    assert second["waiting"] == shown == listed[second["id"]] == changed
    assert listed[first["id"]]["position"] == 1
    assert ada.post(f"/jobs/{second['id']}/cancel").get_json()["waiting"] is None


def test_the_stream_begins_with_what_the_job_waits_for(ada: CheckedClient) -> None:
    with borrow():
        leases.register("n1", "boot", "spool", 2, 60)
    job = order(ada, priority=-1).get_json()["id"]

    with ada.get(f"/jobs/{job}/events", buffered=False) as response:
        text = next(iter(response.response))

    data = json.loads(str(text if isinstance(text, str) else text.decode()).partition("data: ")[2])
    assert (data["waiting"]["reason"], data["waiting"]["position"]) == ("TURN", 1)


def test_heartbeats_of_aggregators_are_counted_and_old_ones_forgotten(services: object) -> None:
    with borrow():
        aggregators.beat("a1")
        aggregators.beat("a1")
        aggregators.beat("a2")
        assert aggregators.alive() == 2
        aggregators.leave("a2")
        assert aggregators.alive() == 1
