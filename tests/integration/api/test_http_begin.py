"""`at` and `after` of an order: what is taken and shown, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from avio.db.connection import borrow
from avio.db.models import Job
from tests.integration.api.conftest import CheckedClient

PARAMS = {"alluxioUri": "/data/train"}
UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def later(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat(timespec="milliseconds")


def order(client: CheckedClient, path: str = "/preload", **members: Any) -> Any:
    return client.post(path, json={"params": PARAMS, **members})


def fields(response: Any) -> dict[str, str]:
    return {each["field"]: each["message"] for each in response.get_json()["errors"]}


@pytest.mark.parametrize(("path", "more"), [("/preload", {}), ("/jobs", {"type": 5})])
def test_a_job_with_a_time_waits_for_it_and_says_so(ada: CheckedClient, path: str, more: dict[str, Any]) -> None:
    at = later(hours=3)
    made = order(ada, path, at=at, **more)
    assert made.status_code == 202
    found = ada.get(f"/jobs/{made.get_json()['id']}").get_json()
    assert datetime.fromisoformat(found["at"]) == datetime.fromisoformat(at)
    assert found["message"] == "waits: its time comes in 3 h"
    assert (found["status"], found["params"]) == ("queued", {**PARAMS, "fromFileList": False})


def test_a_job_after_others_names_them_and_what_it_waits_for(ada: CheckedClient) -> None:
    first, second = (order(ada).get_json()["id"] for _ in range(2))
    made = order(ada, after=[first, f"{second}:succeeded", f"{first}:succeeded"]).get_json()
    assert made["after"] == [f"{first}:succeeded", f"{second}:succeeded"]
    found = ada.get(f"/jobs/{made['id']}").get_json()
    assert found["message"] == f"waits: job {first} must succeed first; it waits for 1 other job too"
    assert found["after"] == made["after"]


def test_the_same_key_with_another_time_or_other_jobs_is_refused(ada: CheckedClient) -> None:
    first, at = order(ada).get_json()["id"], later(hours=1)
    key = {"Idempotency-Key": "k"}
    made = ada.post("/preload", json={"params": PARAMS, "at": at, "after": [first]}, headers=key)
    again = ada.post("/preload", json={"params": PARAMS, "at": at, "after": [first]}, headers=key)
    assert (made.status_code, again.status_code) == (202, 200)
    for other in ({}, {"at": at}, {"at": at, "after": [f"{first}:succeeded"]}):
        refused = ada.post("/preload", json={"params": PARAMS, **other}, headers=key)
        assert refused.get_json()["reason"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (timedelta(minutes=-10), "is in the past; leave it out to begin at once"),
        (timedelta(days=367), "is more than 366 days ahead"),
        ("tomorrow", "must be a time with its offset"),
        ("2026-02-30T00:00:00Z", "no calendar has this one"),
        (5, "must be a string"),
    ],
)
def test_a_time_that_can_not_be_meant_is_refused(ada: CheckedClient, at: Any, words: str) -> None:
    refused = order(ada, at=later(days=at / timedelta(days=1)) if isinstance(at, timedelta) else at)
    assert refused.status_code == 400
    assert words in fields(refused)["at"]


def test_a_time_that_has_just_passed_is_at_once(ada: CheckedClient) -> None:
    assert order(ada, at=later(seconds=-5)).status_code == 202


def test_wrong_times_and_wrong_params_are_named_together(ada: CheckedClient) -> None:
    refused = order(ada, at=later(days=-9), params={"alluxioUri": "/data/train", "overwrite": "always"})
    assert fields(refused).keys() == {"at", "params.overwrite"}


def test_jobs_that_are_not_ones_own_are_like_none(ada: CheckedClient, bob: CheckedClient, root: CheckedClient) -> None:
    other = order(bob).get_json()["id"]
    refused = order(ada, after=[other, UNKNOWN])
    assert (refused.status_code, fields(refused)) == (400, {"after": f"no such job: {other}, {UNKNOWN}"})
    assert order(root, after=[other]).status_code == 202


@pytest.mark.parametrize("after", [["x"], [f"{UNKNOWN}:failed"], [UNKNOWN.lower()], "x", [5], [UNKNOWN] * 21])
def test_what_is_not_a_job_is_refused(ada: CheckedClient, after: Any) -> None:
    refused = order(ada, after=after)
    assert refused.status_code == 400
    assert all(name.partition(".")[0] == "after" for name in fields(refused))


@pytest.mark.parametrize("state", ["failed", "partial", "cancelled"])
def test_a_job_that_could_never_begin_is_refused_at_once(ada: CheckedClient, state: str) -> None:
    first = order(ada).get_json()["id"]
    with borrow():
        Job.update(state=state, finished_at=1.0).where(Job.id == first).execute()
    refused = order(ada, after=[f"{first}:succeeded"])
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "PREDECESSOR_FAILED")
    assert f"job {first}, which had to succeed first, " in refused.get_json()["detail"]
    assert order(ada, after=[first]).status_code == 202


def test_a_retry_begins_at_once(ada: CheckedClient) -> None:
    made = order(ada, at=later(hours=1), after=[order(ada).get_json()["id"]]).get_json()["id"]
    ada.post(f"/jobs/{made}/cancel")
    again = ada.post(f"/jobs/{made}/retry").get_json()
    assert (again["at"], again["after"]) == (None, [])
