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
from avio.wire.checked_params import MASK
from avio.wire.params import OPTIONS
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
        ("/jobs", {"type": 5}, 5),
        ("/jobs", {"type": 5.0}, 5),
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


def test_the_files_to_take_come_back_as_they_were_given(ada: CheckedClient) -> None:
    chosen = {
        "filters": ["- /logs/**", "+ *.{jpg,png}", "- **"],
        "minSize": 1,
        "maxSize": 2**40,
        "newerThan": "2026-05-02T11:40:05+08:00",
        "olderThan": "2026-05-03T00:00:00Z",
        "maxFiles": 10,
        "maxBytes": 2**41,
    }
    job = ada.post("/save", json={"params": {"paths": ["/data/train/", "/data/top.bin"], **chosen}}).get_json()
    assert job["params"] == {"paths": ["/data/train", "/data/top.bin"], "fromFileList": False, **chosen}
    ada.post(f"/jobs/{job['id']}/cancel")
    assert ada.post(f"/jobs/{job['id']}/retry").get_json()["params"] == job["params"]


@pytest.mark.parametrize(
    ("params", "member", "words"),
    [
        ({**PARAMS, "filters": ["- *.{tmp"]}, "params.filters", "'*.{tmp' has a { without } at character 3"),
        ({**PARAMS, "filters": ["*.tmp"]}, "params.filters", "'*.tmp' is no rule; write '+ GLOB'"),
        ({**PARAMS, "filters": ["+ *.jpg"]}, "params.filters", "'+ *.jpg' comes last and has no effect"),
        ({**PARAMS, "filters": ["- a"] * 101}, "params.filters", "must be a list of up to 100 rules"),
        ({**PARAMS, "filters": "- a"}, "params.filters", "list"),
        ({**PARAMS, "filters": [1]}, "params.filters.0", "string"),
        ({**PARAMS, "minSize": 2, "maxSize": 1}, "params.maxSize", "is less than minSize"),
        ({**PARAMS, "minSize": -1}, "params.minSize", "must be a number of bytes"),
        ({**PARAMS, "newerThan": "7d"}, "params.newerThan", "must be a time with its offset, such as"),
        ({**PARAMS, "newerThan": "2026-02-30T00:00:00Z"}, "params.newerThan", "no calendar has this one"),
        ({**PARAMS, "maxFiles": 0}, "params.maxFiles", "must be a number from 1"),
        ({"paths": ["/data", "data"]}, "params.paths", "'data' is not absolute"),
        ({"paths": []}, "params.alluxioUri", "is missing"),
        ({"paths": ["/data"], **PARAMS}, "params.alluxioUri", "has no effect beside paths"),
        ({"paths": ["/data"], "fromFileList": True, "fileListId": "0" * 26}, "params.paths", "has no effect with"),
    ],
    ids=str,
)
def test_files_that_can_not_be_taken_so_are_refused_at_submit(
    ada: CheckedClient, count_jobs: Callable[[], int], params: dict[str, Any], member: str, words: str
) -> None:
    response = ada.post("/preload", json={"params": params})
    assert response.status_code == 400
    (wrong,) = response.get_json()["errors"]
    assert wrong["field"] == member
    assert words in wrong["message"]
    assert count_jobs() == 0


def test_a_name_that_is_empty_or_too_long_is_refused_in_plain_words(ada: CheckedClient) -> None:
    for name, words in (("", "is empty; leave it out, or"), ("x" * 999, "characters; shorten it")):
        response = ada.post("/preload", json={"name": name, "params": PARAMS})
        assert response.status_code == 400
        (wrong,) = response.get_json()["errors"]
        assert (wrong["field"], words in wrong["message"]) == ("name", True)


def test_the_list_may_be_an_object_which_must_be_there(ada: CheckedClient, count_jobs: Callable[[], int]) -> None:
    for path, status in (("/data/nowhere", 404), ("/elsewhere/list", 404)):
        response = ada.post("/preload", json={"params": {"fromFileList": True, "fileListPath": path}})
        assert (response.status_code, count_jobs()) == (status, 0)
    params = {"fromFileList": True, "fileListPath": "/data/top.bin"}
    response = ada.post("/preload", json={"params": params})
    assert (response.status_code, response.get_json()["params"]) == (202, params)


@pytest.mark.parametrize(
    ("more", "member", "words"),
    [
        ({"fileListId": "0" * 26}, "params.fileListId", "has no effect beside fileListPath"),
        ({"fromFileList": False, **PARAMS}, "params.fileListPath", "has no effect without fromFileList=true"),
        ({"fileListPath": "list"}, "params.fileListPath", "is not absolute"),
    ],
    ids=str,
)
def test_one_list_is_named_and_one_alone(ada: CheckedClient, more: dict[str, Any], member: str, words: str) -> None:
    params = {"fromFileList": True, "fileListPath": "/data/top.bin", **more}
    wrong = ada.post("/preload", json={"params": params}).get_json()["errors"]
    assert [each["field"] for each in wrong if words in each["message"]] == [member]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (4, "must not be free; use POST /free"),
        (7, "must be one of 0 ls, 1 preload, 2 save, 3 stat, 5 check, 6 plan"),
        (-1, "must be one of 0 ls, 1 preload, 2 save, 3 stat, 5 check, 6 plan"),
    ],
)
def test_a_number_that_is_no_type_of_an_order_is_refused(ada: CheckedClient, number: int, message: str) -> None:
    response = ada.post("/jobs", json={"type": number, "params": PARAMS})
    assert response.status_code == 400
    (error,) = response.get_json()["errors"]
    assert (error["field"], message in error["message"]) == ("type", True)


def test_a_check_takes_what_only_the_cache_has(ada: CheckedClient, settings: Settings) -> None:
    body = {"type": 5, "params": {"alluxioUri": "/data/new"}}
    assert ada.post("/jobs", json=body).get_json()["reason"] == "PATH_NOT_FOUND"
    file = settings.tiers[0].path / "data/new"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"new")
    assert ada.post("/jobs", json=body).status_code == 202


@pytest.mark.parametrize(
    "member", [{"tier": "MEM"}, {"bandwidth": 1 << 20}, {"symlinks": "skip"}, {"ifFull": "partial"}]
)
def test_a_check_refuses_what_is_of_no_use_to_it(ada: CheckedClient, member: dict[str, Any]) -> None:
    (error,) = ada.post("/jobs", json={"type": 5, "params": {**PARAMS, **member}}).get_json()["errors"]
    assert error == {"field": f"params.{next(iter(member))}", "message": "has no effect on a check job; remove it"}


def test_an_option_of_another_type_of_job_is_refused(ada: CheckedClient) -> None:
    response = ada.post("/jobs", json={"type": 3, "params": {**PARAMS, "maxFiles": 1}})
    assert response.status_code == 400
    assert response.get_json()["errors"] == [
        {"field": "params.maxFiles", "message": "has no effect on a stat job; remove it"}
    ]


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
