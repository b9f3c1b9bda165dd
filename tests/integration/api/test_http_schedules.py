"""Schedules by HTTP: made, listed, changed, run and deleted; whose they are, and what is refused."""

from typing import Any

import pytest

from avio.api import Web
from avio.db import schedules, users
from avio.db.connection import borrow
from avio.db.models import Job
from avio.db.order_models import Schedule
from avio.rules import ticks
from tests.integration.api.conftest import CheckedClient

BODY: dict[str, Any] = {
    "name": "nightly",
    "type": 1,
    "params": {"alluxioUri": "/data/train", "depth": 2},
    "cron": "0 2 * * *",
    "timezone": "Asia/Shanghai",
}


def body(**changes: Any) -> dict[str, Any]:
    return {**BODY, **changes}


@pytest.fixture
def made(ada: CheckedClient) -> dict[str, Any]:
    """A schedule of Ada, as the reply shows it."""
    response = ada.post("/schedules", json=BODY)
    assert response.status_code == 201
    assert response.headers["Location"] == f"/schedules/{response.get_json()['id']}"
    return dict(response.get_json())


def tick(schedule_id: str, app: Web) -> None:
    """Let an aggregator handle the next tick of a schedule."""
    with borrow():
        found = schedules.find(schedule_id)
        assert found is not None
        assert ticks.run_due(found.next_at, app.extensions["avio"].settings, 1000, 10) == 1


def test_a_schedule_is_made_and_shown_in_words(made: dict[str, Any], ada: CheckedClient) -> None:
    assert made["summary"].startswith("every day at 02:00 Asia/Shanghai; next 20")
    assert made["summary"].endswith(" 02:00")
    assert made["nextTime"].endswith("T02:00:00.000+08:00")
    expected = {**BODY, "params": {**BODY["params"], "fromFileList": False}, "missed": "once", "overlap": "skip"}
    assert {name: made[name] for name in expected} == expected
    assert (made["uid"], made["status"], made["message"], made["lastTime"], made["lastJob"]) == (
        1,
        "active",
        "",
        None,
        None,
    )
    assert ada.get(f"/schedules/{made['id']}").get_json() == {**made, "jobs": []}
    assert ada.get("/schedules").get_json() == {"schedules": [made], "nextPageToken": None}


def test_the_jobs_of_its_ticks_name_the_schedule_and_are_shown_with_it(
    made: dict[str, Any], ada: CheckedClient, app: Web
) -> None:
    tick(made["id"], app)

    found = ada.get(f"/schedules/{made['id']}").get_json()
    (run,) = found["jobs"]
    assert found["lastJob"] == run
    assert run["status"] == "queued"
    assert found["lastTime"] == made["nextTime"]
    assert ada.get("/schedules").get_json()["schedules"][0]["lastJob"] == run
    job = ada.get(f"/jobs/{run['id']}").get_json()
    assert (job["scheduleId"], job["name"], job["params"]) == (made["id"], "nightly", made["params"])


def test_a_job_that_no_schedule_made_names_none(ada: CheckedClient, order: str) -> None:
    found = ada.get(f"/jobs/{order}").get_json()
    assert (found["scheduleId"], found["at"], found["after"]) == (None, None, [])


def test_another_users_schedule_is_like_none_and_an_admin_sees_all(
    made: dict[str, Any], bob: CheckedClient, root: CheckedClient
) -> None:
    path = f"/schedules/{made['id']}"
    for response in (
        bob.get(path),
        bob.patch(path, json={"paused": True}),
        bob.delete(path),
        bob.post(f"{path}/run"),
    ):
        assert (response.status_code, response.get_json()["reason"]) == (404, "NOT_FOUND")
    assert bob.get("/schedules").get_json()["schedules"] == []
    assert [each["id"] for each in root.get("/schedules").get_json()["schedules"]] == [made["id"]]
    run = root.post(f"{path}/run")
    assert (run.status_code, run.get_json()["uid"]) == (202, 1)


def test_pages_go_from_the_newest_to_the_oldest(made: dict[str, Any], ada: CheckedClient) -> None:
    second = ada.post("/schedules", json=BODY).get_json()["id"]
    first_page = ada.get("/schedules?pageSize=1").get_json()
    last_page = ada.get(f"/schedules?pageSize=1&pageToken={first_page['nextPageToken']}").get_json()
    assert [page["schedules"][0]["id"] for page in (first_page, last_page)] == [second, made["id"]]
    assert last_page["nextPageToken"] is None


def test_a_paused_schedule_has_no_next_tick_and_a_resumed_one_the_first_from_now(
    made: dict[str, Any], ada: CheckedClient
) -> None:
    path = f"/schedules/{made['id']}"
    paused = ada.patch(path, json={"paused": True}).get_json()
    assert (paused["status"], paused["nextTime"], paused["message"]) == ("paused", None, "ada paused it")
    assert paused["summary"] == "every day at 02:00 Asia/Shanghai; paused"
    moved = ada.patch(path, json={"cron": "30 4 * * *", "name": None}).get_json()
    assert (moved["status"], moved["nextTime"], moved["name"]) == ("paused", None, "")
    with borrow():
        Schedule.update(next_at=5.0).execute()
    resumed = ada.patch(path, json={"paused": False}).get_json()
    assert (resumed["status"], resumed["message"]) == ("active", "")
    assert resumed["nextTime"] > made["createTime"]
    assert resumed["nextTime"].endswith("T04:30:00.000+08:00")


def test_other_ticks_count_from_now_and_what_is_not_given_stays(made: dict[str, Any], ada: CheckedClient) -> None:
    changed = ada.patch(f"/schedules/{made['id']}", json={"timezone": "UTC", "overlap": "queue"}).get_json()
    assert (changed["cron"], changed["timezone"], changed["overlap"], changed["missed"]) == (
        *("0 2 * * *", "UTC", "queue", "once"),
    )
    assert changed["nextTime"].endswith("T10:00:00.000+08:00")
    assert changed["name"] == "nightly"


def test_a_schedule_runs_now_once_for_one_key_and_its_ticks_stay(made: dict[str, Any], ada: CheckedClient) -> None:
    path = f"/schedules/{made['id']}"
    ada.patch(path, json={"paused": True})
    first = ada.post(f"{path}/run", headers={"Idempotency-Key": "k"})
    again = ada.post(f"{path}/run", headers={"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert (first.get_json()["scheduleId"], first.get_json()["name"]) == (made["id"], "nightly")
    assert ada.get(path).get_json()["status"] == "paused"


def test_a_deleted_schedule_leaves_its_jobs(made: dict[str, Any], ada: CheckedClient) -> None:
    job = ada.post(f"/schedules/{made['id']}/run").get_json()["id"]
    assert ada.delete(f"/schedules/{made['id']}").status_code == 204
    assert ada.get(f"/schedules/{made['id']}").status_code == 404
    assert ada.get(f"/jobs/{job}").get_json()["status"] == "queued"


def test_what_is_wrong_is_named_all_at_once(ada: CheckedClient) -> None:
    params = {"alluxioUri": "/data/train", "overwrite": "always"}
    refused = ada.post("/schedules", json=body(cron="0 25 * * *", timezone="Asia/Peking", params=params))
    assert refused.status_code == 400
    fields = {each["field"]: each["message"] for each in refused.get_json()["errors"]}
    assert fields.keys() == {"cron", "timezone", "params.overwrite"}
    assert fields["cron"].startswith("has an invalid hour; the fields are minute, hour, day of month")
    assert fields["timezone"].startswith("is not a time zone of the IANA list; ")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"type": 0}, 400, "must be one of 1 preload, 2 save, 5 check"),
        ({"type": 99}, 400, "must be one of 1 preload, 2 save, 5 check"),
        ({"cron": "*/2 * * * *"}, 400, "has ticks that are 2 min apart; this server allows 5 min and more"),
        ({"cron": "0 0 30 2 *"}, 400, "has an invalid day of month"),
        ({"cron": "0 0 */20 * 1L"}, 400, "has no tick in the next 50 years"),
        ({"params": {"fromFileList": True, "fileListId": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}}, 400, "is kept for days only"),
        ({"params": {"alluxioUri": "/data/trian"}}, 404, "/data/trian"),
        ({"params": {"alluxioUri": "/data/train", "tier": "GOLD"}}, 400, "unknown tier"),
        ({"missed": "twice"}, 400, "'once' or 'skip'"),
        ({"overlap": "kill"}, 400, "'skip' or 'queue'"),
        ({"colour": "red"}, 400, "unknown member"),
        ({"at": "2030-01-01T00:00:00Z"}, 400, "unknown member"),
    ],
)
def test_what_can_make_no_job_is_refused(ada: CheckedClient, changes: Any, status: int, words: str) -> None:
    refused = ada.post("/schedules", json=body(**changes))
    assert refused.status_code == status
    assert words in refused.text
    with borrow():
        assert Schedule.select().count() == 0


def test_a_change_is_checked_as_a_new_schedule_and_an_empty_one_refused(
    made: dict[str, Any], ada: CheckedClient
) -> None:
    path = f"/schedules/{made['id']}"
    for change, words in (
        ({}, "nothing to change"),
        ({"cron": "* * * * *"}, "ticks that are 1 min apart"),
        ({"timezone": "Mars"}, "is not a time zone"),
        ({"paused": "yes"}, "paused"),
        ({"cron": None, "missed": None}, "cron, missed"),
        ({"params": {}}, "unknown member"),
    ):
        refused = ada.patch(path, json=change)
        assert (refused.status_code, words in refused.text) == (400, True), refused.text
    assert ada.get(path).get_json()["updateTime"] == made["updateTime"]


def test_a_user_has_a_bounded_number_of_schedules(
    made: dict[str, Any], ada: CheckedClient, bob: CheckedClient, app: Web
) -> None:
    limited = app.extensions["avio"].schedules.settings
    for _ in range(limited.schedules_max - 1):
        with borrow():
            row = Schedule.select().dicts().first()
            Schedule.insert({**row, "id": f"01{Schedule.select().count():024}"}).execute()
    refused = ada.post("/schedules", json=BODY)
    assert (refused.status_code, refused.get_json()["reason"]) == (429, "TOO_MANY")
    assert "you have 100 schedules already" in refused.get_json()["detail"]
    assert bob.post("/schedules", json=BODY).status_code == 201


def test_the_schedule_of_a_user_who_was_disabled_makes_no_job(
    made: dict[str, Any], root: CheckedClient, app: Web
) -> None:
    with borrow():
        users.disable("ada")
    tick(made["id"], app)
    with borrow():
        assert Job.select().count() == 0
    assert root.get(f"/schedules/{made['id']}").get_json()["message"] == "its user is disabled"
