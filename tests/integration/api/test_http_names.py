"""Names that JSON can't hold: shown in percent form, taken percent-encoded, listed page by page."""

import os
from base64 import b64decode
from pathlib import Path

from tests.integration.api.conftest import CheckedClient

RAW = b"100%\xc4\xff"


def test_a_name_that_is_no_utf8_is_listed_and_found(ada: CheckedClient, bucket: Path) -> None:
    (bucket / "odd").mkdir()
    (bucket / "odd" / os.fsdecode(RAW)).write_bytes(b"x")
    [entry] = ada.get("/list?alluxioUri=/data/odd").get_json()["entries"]
    assert (entry["path"], entry["name"]) == ("/data/odd/100%25%C4%FF", "100%25%C4%FF")
    assert b64decode(entry["pathBytes"]) == b"/data/odd/" + RAW
    query = {"alluxioUri": "/data/odd/100%25%C4%FF", "alluxioUriEncoded": "true"}
    assert ada.get("/stat", query_string=query).get_json() == entry
    assert ada.get("/stat", query_string={"alluxioUri": query["alluxioUri"]}).status_code == 404
    params = {"alluxioUri": query["alluxioUri"], "alluxioUriEncoded": True}
    job = ada.post("/preload", json={"params": params}).get_json()
    assert job["params"] == {**params, "fromFileList": False}
    assert ada.post(f"/jobs/{job['id']}/cancel").status_code == 202


def test_a_missing_name_that_is_no_utf8_is_a_plain_answer(ada: CheckedClient) -> None:
    answer = ada.get("/stat?alluxioUri=/data/%25FF&alluxioUriEncoded=true")
    assert (answer.status_code, answer.get_json()["reason"]) == (404, "PATH_NOT_FOUND")


def test_pages_go_on_after_names_of_every_kind(ada: CheckedClient, bucket: Path) -> None:
    (bucket / "odd").mkdir()
    names = [b"a\tb", b"a\nb", b"\xff", b"%41", b"a"]
    for name in names:
        (bucket / "odd" / os.fsdecode(name)).write_bytes(b"x")
    found: list[str] = []
    link = "</list?alluxioUri=/data/odd&pageSize=1&alluxioUriEncoded=true>"
    while link:
        response = ada.get(link[1 : link.index(">")])
        assert response.status_code == 200, (link, response.get_json())
        found += [entry["name"] for entry in response.get_json()["entries"]]
        link = response.headers.get("Link", "")
    assert found == ["%41", "a", "a\tb", "a\nb", "%FF"]


def test_a_listing_says_how_much_it_leaves_out(ada: CheckedClient, bucket: Path) -> None:
    (bucket / "train/link").symlink_to("a.bin")
    assert ada.get("/list?alluxioUri=/data").get_json()["leftOut"] == 1
    assert ada.get("/stat?alluxioUri=/data/train").get_json()["leftOut"] == 1
    assert ada.get("/stat?alluxioUri=/data/train/a.bin").get_json()["leftOut"] == 0


def test_a_rule_that_is_no_utf8_is_taken_percent_encoded_and_again_by_a_retry(ada: CheckedClient) -> None:
    params = {"alluxioUri": "/data", "filters": ["- %FF%2A"], "filtersEncoded": True}
    job = ada.post("/preload", json={"params": params}).get_json()
    assert job["params"] == {**params, "fromFileList": False}
    assert ada.post(f"/jobs/{job['id']}/cancel").status_code == 202
    again = ada.post(f"/jobs/{job['id']}/retry").get_json()
    assert again["params"] == job["params"]
    refused = ada.post("/preload", json={"params": {**params, "filters": ["- %FF["]}}).get_json()
    assert refused["errors"][0]["field"] == "params.filters"
    assert refused["errors"][0]["message"].startswith(r"'\xff[' has a [ without ]")


def test_a_message_shows_a_byte_that_is_no_utf8(ada: CheckedClient) -> None:
    answer = ada.get("/stat?alluxioUri=/data/%25FF&alluxioUriEncoded=true")
    assert r"/data/\xff" in answer.get_json()["detail"]
