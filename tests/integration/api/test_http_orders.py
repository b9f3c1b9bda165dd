"""Orders: what becomes of them, twice the same one, and with Redis away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from avio import queue, streams
from avio.api import Web, create_app
from avio.config import Settings
from avio.db.connection import borrow
from avio.db.models import Job
from avio.wire.params import MASK, OPTIONS
from tests.integration.api.conftest import CheckedClient
from tests.servers.valkey import valkey

PARAMS = {"alluxioUri": "/data/train"}

pytestmark = [
    pytest.mark.usefixtures("postgres_server"),
    pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True),
]


@pytest.mark.parametrize(
    ("page", "body", "number"),
    [
        ("/preload", {}, 1),
        ("/save", {}, 2),
        ("/jobs", {"type": 0}, 0),
        ("/jobs", {"type": 1}, 1),
        ("/jobs", {"type": 2}, 2),
        ("/jobs", {"type": 3}, 3),
    ],
)
def test_an_order_is_queued_and_hinted(
    ada: CheckedClient, settings: Settings, page: str, body: dict[str, Any], number: int
) -> None:
    response = ada.post(page, json={**body, "name": "nightly", "params": {**PARAMS, "depth": 1}})
    job = response.get_json()
    assert response.status_code == 202
    assert response.headers["Location"] == job["links"]["self"] == f"/jobs/{job['id']}"
    assert (job["type"], job["status"], job["name"], job["version"]) == (number, "queued", "nightly", 1)
    assert job["params"] == {"alluxioUri": "/data/train", "depth": 1, "fromFileList": False}
    assert job["progress"]["percent"] is None
    assert ada.get(response.headers["Location"]).get_json()["id"] == job["id"]
    assert streams.connect(settings.redis_url).lrange(f"rq:queue:{queue.NAME}", 0, -1) == [job["id"].encode()]


def test_a_uri_with_an_authority_is_the_same_path(ada: CheckedClient) -> None:
    job = ada.post("/preload", json={"params": {"alluxioUri": "alluxio://cache:19998//data/train/"}}).get_json()
    assert job["params"]["alluxioUri"] == "/data/train"


def test_a_sensitive_option_is_masked_in_every_reply(ada: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIONS, "depth", replace(OPTIONS["depth"], sensitive=True))
    job = ada.post("/preload", json={"params": {**PARAMS, "depth": 1}}).get_json()
    assert job["params"]["depth"] == MASK
    assert ada.get(f"/jobs/{job['id']}").get_json()["params"]["depth"] == MASK


def test_with_a_file_list_the_path_is_ignored(ada: CheckedClient) -> None:
    uploaded = ada.post("/filelists", data=b"/data/top.bin\n", content_type="text/plain").get_json()
    params = {"fromFileList": True, "fileListId": uploaded["fileListId"], "alluxioUri": ""}
    response = ada.post("/preload", json={"params": params})
    assert response.status_code == 202
    assert response.get_json()["params"] == {"fromFileList": True, "fileListId": uploaded["fileListId"]}


def test_the_same_key_and_order_is_the_same_job(ada: CheckedClient, count_jobs: Callable[[], int]) -> None:
    answers = [ada.post("/preload", json={"params": PARAMS}, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[1].headers["Location"] == answers[0].headers["Location"]
    assert count_jobs() == 1


def test_the_same_key_and_another_order_is_refused(ada: CheckedClient, count_jobs: Callable[[], int]) -> None:
    ada.post("/preload", json={"params": PARAMS}, headers={"Idempotency-Key": "k1"})
    for page, body in (("/preload", {"params": {"alluxioUri": "/data/top.bin"}}), ("/save", {"params": PARAMS})):
        response = ada.post(page, json=body, headers={"Idempotency-Key": "k1"})
        assert response.status_code == 422
        assert response.get_json()["reason"] == "IDEMPOTENCY_KEY_REUSED"
    assert count_jobs() == 1


def test_keys_of_two_users_do_not_meet(ada: CheckedClient, bob: CheckedClient) -> None:
    ids = {
        client.post("/preload", json={"params": PARAMS}, headers={"Idempotency-Key": "k1"}).get_json()["id"]
        for client in (ada, bob)
    }
    assert len(ids) == 2


@pytest.mark.parametrize(("page", "number"), [("/list", 0), ("/stat", 3)])
def test_prefer_respond_async_makes_a_job_of_a_task(ada: CheckedClient, page: str, number: int) -> None:
    response = ada.get(f"{page}?alluxioUri=/data", headers={"Prefer": "wait=5, respond-async"})
    assert response.status_code == 202
    assert response.headers["Preference-Applied"] == "respond-async"
    assert response.headers["Location"] == response.get_json()["links"]["self"]
    assert response.get_json()["type"] == number


def test_an_admin_orders_for_somebody_else_and_nobody_else_does(
    ada: CheckedClient, bob: CheckedClient, root: CheckedClient
) -> None:
    uid = ada.get("/whoami").get_json()["uid"]
    body = {"type": 1, "params": PARAMS, "uid": uid}
    job = root.post("/jobs", json=body).get_json()
    assert job["uid"] == uid
    assert ada.get(f"/jobs/{job['id']}").status_code == 200
    refused = bob.post("/jobs", json=body)
    assert refused.status_code == 403
    assert refused.get_json()["reason"] == "FORBIDDEN"


def test_a_quota_of_queued_jobs(settings: Settings, person: Callable[[str], CheckedClient]) -> None:
    token = person("ada").token
    client = create_app(settings.model_copy(update={"queued_max": 1})).test_client()
    answers = [
        client.post("/preload", json={"params": PARAMS}, headers={"Authorization": f"QBox {token}"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert int(answers[1].headers["Retry-After"]) > 0


def test_the_quota_is_held_by_retries_and_by_orders_at_once(
    settings: Settings, person: Callable[[str], CheckedClient]
) -> None:
    headers = {"Authorization": f"QBox {person('ada').token}"}
    client = create_app(settings.model_copy(update={"queued_max": 3})).test_client()
    ended = client.post("/preload", json={"params": PARAMS}, headers=headers).get_json()["id"]
    client.post(f"/jobs/{ended}/cancel", json={}, headers=headers)

    def order(number: int) -> int:
        path = "/preload" if number % 2 else f"/jobs/{ended}/retry"
        with client.application.test_client() as own:
            return own.post(path, json={"params": PARAMS} if number % 2 else None, headers=headers).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(order, range(24)))

    assert sorted(set(answers)) == [202, 429]
    assert answers.count(202) == 3


@pytest.mark.parametrize("uid", [999, 2**62, 2**63 - 1])
def test_an_order_for_a_user_that_there_is_not_names_the_member(root: CheckedClient, uid: int) -> None:
    refused = root.post("/jobs", json={"type": 3, "uid": uid, "params": PARAMS})

    assert (refused.status_code, refused.get_json()["reason"]) == (400, "BAD_REQUEST")
    assert [one["field"] for one in refused.get_json()["errors"]] == ["uid"]


def test_a_job_is_cancelled_while_redis_is_full(
    app: Web, settings: Settings, ada: CheckedClient, order: str, tmp_path: Path
) -> None:
    with valkey(tmp_path / "full") as server:
        full = server.url
        with redis.Redis.from_url(full) as client:
            client.config_set("maxmemory", 1)
        web = create_app(settings.model_copy(update={"redis_url": full})).test_client()
        headers = {"Authorization": f"QBox {ada.token}"}

        cancelled = web.post(f"/jobs/{order}/cancel", json={}, headers=headers)
        again = web.post("/preload", json={"params": PARAMS}, headers=headers)

    assert (cancelled.status_code, cancelled.get_json()["status"]) == (202, "cancelled")
    assert again.status_code == 202


def test_an_order_is_taken_while_redis_is_away(
    app: Web, settings: Settings, person: Callable[[str], CheckedClient]
) -> None:
    token = person("ada").token
    client = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})).test_client()
    response = client.post("/preload", json={"params": PARAMS}, headers={"Authorization": f"QBox {token}"})
    assert response.status_code == 202
    with borrow():
        assert Job.get_by_id(response.get_json()["id"]).pushed_at is None, "left to the sweep"


def test_a_queued_job_is_cancelled_at_once_and_then_retried(ada: CheckedClient, order: str) -> None:
    cancelled = ada.post(f"/jobs/{order}/cancel", json={"reason": "wrong folder"})
    assert cancelled.status_code == 202
    assert cancelled.get_json()["status"] == "cancelled"
    assert cancelled.get_json()["links"]["cancel"] is None

    again = ada.post(f"/jobs/{order}/cancel")
    assert again.status_code == 409
    assert again.get_json()["reason"] == "CONFLICT"

    retried = ada.post(f"/jobs/{order}/retry", headers={"Idempotency-Key": "again"})
    assert retried.status_code == 202
    assert retried.get_json()["retryOf"] == order
    assert retried.get_json()["params"] == cancelled.get_json()["params"]
    repeated = ada.post(f"/jobs/{order}/retry", headers={"Idempotency-Key": "again"})
    assert (repeated.status_code, repeated.get_json()["id"]) == (200, retried.get_json()["id"])


def test_a_running_job_is_asked_to_stop(ada: CheckedClient, order: str, set_row: Callable[..., None]) -> None:
    set_row(order, state="running", node="n1", attempt=1)
    assert ada.post(f"/jobs/{order}/cancel").get_json()["status"] == "stopping"
    assert ada.post(f"/jobs/{order}/cancel").get_json()["status"] == "stopping", "a second wish is no error"


def test_a_job_that_has_not_ended_is_not_retried(ada: CheckedClient, order: str) -> None:
    assert ada.post(f"/jobs/{order}/retry").status_code == 409


def test_jobs_are_listed_newest_first_by_page_and_filter(ada: CheckedClient) -> None:
    ids = [ada.post("/preload", json={"params": PARAMS, "name": f"run {i}"}).get_json()["id"] for i in range(3)]
    ids += [ada.post("/save", json={"params": PARAMS, "name": "back"}).get_json()["id"]]
    ada.post(f"/jobs/{ids[0]}/cancel")

    first = ada.get("/jobs?pageSize=3")
    assert [job["id"] for job in first.get_json()["jobs"]] == ids[:0:-1]
    link = first.headers["Link"]
    assert link.endswith('; rel="next"')
    second = ada.get(link[1 : link.index(">")])
    assert [job["id"] for job in second.get_json()["jobs"]] == [ids[0]]
    assert second.get_json()["nextPageToken"] is None
    assert "Link" not in second.headers

    def found(query: str) -> list[str]:
        return [job["id"] for job in ada.get(f"/jobs?{query}").get_json()["jobs"]]

    assert found("status=cancelled") == [ids[0]]
    assert found("status=cancelled,queued&type=1") == ids[2::-1]
    assert found("status=cancelled&status=queued&type=2") == [ids[3]]
    assert found("name=back") == [ids[3]]
    assert found("pageSize=99999") == ids[::-1]


def test_a_preload_tells_where_its_files_are_until_they_are_freed(
    ada: CheckedClient, order: str, set_row: Callable[..., None]
) -> None:
    assert ada.get(f"/jobs/{order}").get_json()["localPath"] is None
    set_row(order, state="succeeded", finished_at=1.0, local_path="/ssd/data/train")
    assert ada.get(f"/jobs/{order}").get_json()["localPath"] == "/ssd/data/train"
    set_row(order, released_at=2.0)
    assert ada.get(f"/jobs/{order}").get_json()["localPath"] is None
