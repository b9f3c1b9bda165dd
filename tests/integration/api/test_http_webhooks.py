"""The webhook of a user and its log, and jobs with a webhook of their own, over HTTP."""

from collections.abc import Callable

import pytest

from avio.db import deliveries
from avio.db.connection import borrow
from avio.db.deliveries import Tried
from tests.integration.api.conftest import CheckedClient

URL = "https://hooks.example/x"


def test_a_user_sets_sees_and_deletes_a_webhook(ada: CheckedClient, person: Callable[[str], CheckedClient]) -> None:
    assert ada.get("/me/webhook").status_code == 404

    made = ada.put("/me/webhook", json={"url": f"{URL}?token=hush", "on": ["failed", "partial", "failed"]}).get_json()

    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["on"]) == (f"{URL}?...", ["partial", "failed"])
    assert ada.get("/me/webhook").get_json() == {**made, "secret": None}
    changed = ada.put("/me/webhook", json={"url": URL}).get_json()
    assert (changed["secret"], changed["on"]) == (None, ["succeeded", "partial", "failed", "cancelled"])
    renewed = ada.put("/me/webhook", json={"url": None, "newSecret": True}).get_json()
    assert renewed["secret"] not in (None, made["secret"])
    assert renewed["url"] is None
    assert person("bob").get("/me/webhook").status_code == 404
    assert ada.delete("/me/webhook").status_code == 204
    assert ada.delete("/me/webhook").status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"url": "ftp://h/"}, "url", "is not a URL of a webhook"),
        ({"url": "http://u:p@h/"}, "url", "user or password"),
        ({"url": "http://127.0.0.1:8080/"}, "url", "names 127.0.0.1, which is not a public address"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, "url", "not a public address"),
        ({"on": []}, "on", ""),
        ({"on": ["queued"]}, "on.0", ""),
        ({"colour": 1}, "colour", ""),
        ({"newSecret": "yes"}, "newSecret", ""),
    ],
)
def test_a_wrong_webhook_is_refused(ada: CheckedClient, body: dict[str, object], field: str, words: str) -> None:
    refused = ada.put("/me/webhook", json=body)

    assert refused.status_code == 400
    (error,) = refused.get_json()["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert ada.get("/me/webhook").status_code == 404


def test_a_job_with_a_webhook_needs_a_secret_and_shows_no_url(ada: CheckedClient) -> None:
    order = {"params": {"alluxioUri": "/data", "notify": f"{URL}/hush"}}
    refused = ada.post("/preload", json=order)
    assert refused.status_code == 400
    (error,) = refused.get_json()["errors"]
    assert error["field"] == "params.notify"
    assert "PUT /me/webhook" in error["message"]

    ada.put("/me/webhook", json={})
    made = ada.post("/preload", json=order)

    assert made.status_code == 202
    assert made.get_json()["params"]["notify"] == "***"
    assert "hush" not in ada.get(f"/jobs/{made.get_json()['id']}").get_data(as_text=True)
    private = ada.post("/preload", json={"params": {"alluxioUri": "/data", "notify": "http://10.0.0.1/"}})
    assert private.get_json()["errors"][0]["field"] == "params.notify"
    again = ada.post("/preload", json={"params": {"alluxioUri": "/data", "notify": "nowhere"}})
    assert again.get_json()["errors"][0]["message"].startswith("is not a URL of a webhook")


def test_the_log_tells_how_each_delivery_stands(ada: CheckedClient, person: Callable[[str], CheckedClient]) -> None:
    ada.put("/me/webhook", json={"url": URL})
    jobs = [ada.post("/preload", json={"params": {"alluxioUri": "/data"}}).get_json()["id"] for _ in range(3)]
    for job in jobs:
        assert ada.post(f"/jobs/{job}/cancel").status_code == 202
    tries = (Tried(URL, 204), None), (Tried(URL, 500, "HTTP 500"), None), (Tried(URL, None, "no answer"), 60.0)
    with borrow():
        for tried, again_in in tries:
            claimed = deliveries.claim(60)
            assert claimed is not None
            deliveries.settle(claimed, tried, again_in)

    told = {each["job"]: each for each in ada.get("/me/deliveries").get_json()["deliveries"]}

    assert [told[job]["status"] for job in jobs] == ["delivered", "failed", "pending"]
    assert [told[job]["code"] for job in jobs] == [204, 500, None]
    assert [told[job]["nextTime"] is None for job in jobs] == [True, True, False]
    first = ada.get("/me/deliveries?pageSize=2").get_json()
    rest = ada.get(f"/me/deliveries?pageSize=2&pageToken={first['nextPageToken']}").get_json()
    assert [each["job"] for each in first["deliveries"] + rest["deliveries"]] == jobs[::-1]
    assert [each["job"] for each in ada.get(f"/me/deliveries?job={jobs[1]}").get_json()["deliveries"]] == [jobs[1]]
    assert person("bob").get("/me/deliveries").get_json() == {"deliveries": [], "nextPageToken": None}
