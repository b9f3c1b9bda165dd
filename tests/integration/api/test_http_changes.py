"""`PATCH /jobs/{id}`: limits and name of a job that has not ended; the rights are those of a cancel."""

from collections.abc import Callable
from typing import Any

import pytest

from avio.api.services import Services
from avio.wire.events import StateEvent
from tests.integration.api.conftest import CheckedClient

PARAMS = {"alluxioUri": "/data/train"}


def limits_of(job: dict[str, Any]) -> tuple[Any, ...]:
    return job["bandwidth"], job["concurrency"]


def test_a_job_shows_the_limits_that_were_ordered(ada: CheckedClient) -> None:
    params = {**PARAMS, "bandwidth": 100_000_000, "concurrency": 16}
    job = ada.post("/preload", json={"params": params}).get_json()

    assert limits_of(job) == (100_000_000, 16)
    assert limits_of(ada.post("/save", json={"params": PARAMS}).get_json()) == (None, None)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_change_is_shown_and_the_order_stays(ada: CheckedClient, set_row: Callable[..., None], state: str) -> None:
    params = {**PARAMS, "bandwidth": 70_000, "concurrency": 2}
    job = ada.post("/preload", json={"params": params, "name": "slow"}).get_json()
    if state == "running":
        set_row(job["id"], state="running", node="n1", attempt=1)
    before = ada.get(f"/jobs/{job['id']}").get_json()

    response = ada.patch(f"/jobs/{job['id']}", json={"bandwidth": 10**9, "name": "fast"})

    assert response.status_code == 200
    now = response.get_json()
    assert (*limits_of(now), now["name"], now["status"]) == (10**9, 2, "fast", state)
    assert now["params"] == before["params"]
    assert now["version"] == before["version"] + 1
    assert response.headers["ETag"] == f'"{now["version"]}"'
    assert ada.get(f"/jobs/{job['id']}").get_json() == now | {"attempts": [], "plan": None}


def test_null_resets(ada: CheckedClient) -> None:
    params = {**PARAMS, "bandwidth": 70_000, "concurrency": 2}
    job = ada.post("/preload", json={"params": params, "name": "n"}).get_json()

    now = ada.patch(f"/jobs/{job['id']}", json={"bandwidth": None, "name": None}).get_json()

    assert (*limits_of(now), now["name"]) == (None, 2, "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"bandwith": 100_000}, "bandwith"),
        ({"params": {}}, "params"),
        ({"bandwidth": 100}, "bandwidth"),
        ({"bandwidth": "100M"}, "bandwidth"),
        ({"bandwidth": True}, "bandwidth"),
        ({"bandwidth": 10**13}, "bandwidth"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 513}, "concurrency"),
        ({"concurrency": 1.5}, "concurrency"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_an_invalid_change_changes_nothing(ada: CheckedClient, order: str, body: dict[str, Any], field: str) -> None:
    before = ada.get(f"/jobs/{order}").get_json()

    response = ada.patch(f"/jobs/{order}", json={"concurrency": 9, **body})

    assert response.status_code == 400
    assert [error["field"] for error in response.get_json()["errors"]] == [field]
    assert ada.get(f"/jobs/{order}").get_json() == before


def test_a_change_of_nothing_is_refused_with_what_may_change(ada: CheckedClient, order: str) -> None:
    response = ada.patch(f"/jobs/{order}", json={})

    assert response.status_code == 400
    assert "name, labels, bandwidth, concurrency, priority" in response.get_json()["detail"]


def test_a_job_that_moves_nothing_takes_a_name_and_no_limits(ada: CheckedClient) -> None:
    job = ada.post("/jobs", json={"type": 3, "params": PARAMS}).get_json()["id"]

    response = ada.patch(f"/jobs/{job}", json={"bandwidth": None, "concurrency": 3})

    assert response.status_code == 400
    assert {error["field"] for error in response.get_json()["errors"]} == {"bandwidth", "concurrency"}
    assert "on a stat job" in response.get_json()["errors"][0]["message"]
    assert ada.patch(f"/jobs/{job}", json={"name": "look"}).get_json()["name"] == "look"


@pytest.mark.parametrize("state", ["succeeded", "cancelled"])
def test_a_job_that_has_ended_is_not_changed(
    ada: CheckedClient, order: str, set_row: Callable[..., None], state: str
) -> None:
    set_row(order, state=state, finished_at=1.0)

    response = ada.patch(f"/jobs/{order}", json={"name": "x"})

    assert (response.status_code, response.get_json()["reason"]) == (409, "CONFLICT")
    assert state in response.get_json()["detail"]


def test_nobody_changes_a_job_of_another_and_an_admin_does(
    ada: CheckedClient, bob: CheckedClient, root: CheckedClient, order: str
) -> None:
    assert bob.patch(f"/jobs/{order}", json={"concurrency": 1}).status_code == 404
    assert ada.get(f"/jobs/{order}").get_json()["concurrency"] is None
    assert root.patch(f"/jobs/{order}", json={"concurrency": 1}).status_code == 200
    assert ada.get(f"/jobs/{order}").get_json()["concurrency"] == 1
    assert ada.patch(f"/jobs/{'0' * 26}", json={"concurrency": 1}).status_code == 404


def test_a_retry_begins_with_the_limits_of_the_order(ada: CheckedClient) -> None:
    job = ada.post("/preload", json={"params": {**PARAMS, "bandwidth": 70_000}}).get_json()["id"]
    ada.patch(f"/jobs/{job}", json={"bandwidth": 10**9})
    ada.post(f"/jobs/{job}/cancel")

    assert ada.post(f"/jobs/{job}/retry").get_json()["bandwidth"] == 70_000


def test_who_waits_for_a_job_hears_of_a_change(ada: CheckedClient, order: str) -> None:
    version = ada.get(f"/jobs/{order}").get_json()["version"]
    ada.patch(f"/jobs/{order}", json={"concurrency": 4})

    now = ada.get(f"/jobs/{order}?wait=20&ifVersion={version}").get_json()

    assert now["concurrency"] == 4


def test_followers_are_told_of_a_change_at_once(ada: CheckedClient, order: str, services: Services) -> None:
    listener = services.hub.listen(order, 1)
    try:
        while listener.next(0.3) is not None:  # of the order itself
            pass
        ada.patch(f"/jobs/{order}", json={"concurrency": 4})

        heard = listener.next(10)
    finally:
        listener.close()
    assert heard == StateEvent(order, 0, "queued")
