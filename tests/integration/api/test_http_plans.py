"""Plans and lists with versions, as the API takes and gives them."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from avio.db import artifacts, filelists
from avio.db.connection import borrow
from avio.db.models import Job
from avio.wire.plans import Notice, Plan, PlannedTier
from tests.integration.api.conftest import CheckedClient

PARAMS = {"alluxioUri": "/data/train"}


def upload(ada: CheckedClient, *lines: object) -> Any:
    text = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return ada.post("/filelists?separator=json", data=text, content_type="text/plain")


def refused(response: Any) -> dict[str, str]:
    assert response.status_code == 400, response.get_data()
    return {error["field"]: error["message"] for error in response.get_json()["errors"]}


def test_a_plan_names_the_job_that_it_is_made_for_and_takes_its_options(ada: CheckedClient) -> None:
    job = ada.post("/plans", json={"type": 1, "params": {**PARAMS, "tier": "MEM", "ifFull": "partial"}}).get_json()

    assert (job["type"], job["params"]["planOf"], job["params"]["tier"]) == (6, "preload", "MEM")
    assert job["links"]["result"] == f"/jobs/{job['id']}/result"
    assert ada.post("/jobs", json={"type": 6, "params": {**PARAMS, "planOf": "save"}}).status_code == 202


@pytest.mark.parametrize(
    ("page", "body", "field"),
    [
        ("/plans", {"type": 1, "params": {**PARAMS, "overwrite": "never"}}, "params.overwrite"),
        ("/plans", {"type": 2, "params": {**PARAMS, "tier": "MEM"}}, "params.tier"),
        ("/plans", {"type": 1, "params": {**PARAMS, "planOf": "save"}}, "params.planOf"),
        ("/plans", {"type": 5, "params": PARAMS}, "type"),
        ("/plans", {"params": PARAMS}, "type"),
        ("/jobs", {"type": 6, "params": PARAMS}, "params.planOf"),
        ("/jobs", {"type": 1, "params": {**PARAMS, "planOf": "preload"}}, "params.planOf"),
        ("/jobs", {"type": 1, "params": {**PARAMS, "versions": True}}, "params.versions"),
    ],
)
def test_an_order_that_contradicts_itself_is_refused_by_its_member(
    ada: CheckedClient, page: str, body: dict[str, Any], field: str
) -> None:
    assert set(refused(ada.post(page, json=body))) == {field}


def test_the_plan_of_an_ended_job_is_shown_with_its_lines(ada: CheckedClient) -> None:
    job = ada.post("/plans", json={"type": 1, "params": PARAMS}).get_json()["id"]
    assert ada.get(f"/jobs/{job}").get_json()["plan"] is None
    plan = Plan("would load 2 files", 3, 30, files_to_move=2, bytes_to_move=20, fits=True)
    plan.tiers, plan.warnings = [PlannedTier("MEM", 9, 5, True)], [Notice("WHY", "at https://secret:9/x")]
    line = b'{"path":"/data/train/a.bin","size":1,"version":"1-x","state":"remote","action":"load"}\n'
    with borrow():
        Job.update(state="succeeded", finished_at=1.0, plan=json.dumps(asdict(plan))).where(Job.id == job).execute()
        artifacts.add(job, 0, "result", 0, line)
    other = ada.post("/preload", json={"params": {"alluxioUri": "/data"}}).get_json()["id"]

    shown = ada.get(f"/jobs/{job}").get_json()["plan"]

    assert (shown["summary"], shown["total"], shown["toMove"]) == (
        "would load 2 files",
        {"files": 3, "bytes": 30},
        {"files": 2, "bytes": 20},
    )
    assert shown["tiers"] == [{"alias": "MEM", "capacity": 9, "free": 5, "fits": True, "reserved": 0, "droppable": 0}]
    assert [each["id"] for each in shown["jobs"]] == [other]
    assert ada.get(f"/jobs/{job}/result").get_data() == line


def test_a_list_with_versions_is_kept_as_arrays(ada: CheckedClient) -> None:
    odd = {"path": "/data/%FF", "pathBytes": "L2RhdGEv/w==", "version": "v2"}
    response = upload(ada, {"path": "/data//a/", "version": "v1"}, b"", odd)

    assert (response.status_code, response.get_json()["lines"]) == (201, 2)
    with borrow():
        kept = b"".join(filelists.read(response.get_json()["fileListId"]))
    assert kept == b'["/data/a","v1"]\n["/data/\\udcff","v2"]\n'


def test_lines_that_have_no_version_are_named_and_nothing_is_kept(ada: CheckedClient) -> None:
    lines = [
        b"/data/a",
        {"path": "/data/a"},
        {"path": "/data/a", "version": ""},
        {"path": "relative", "version": "v"},
        {"path": "/data/a", "version": "v", "more": 1},
        {"path": "/data/a", "pathBytes": "?", "version": "v"},
        {"path": "/data/%FE", "pathBytes": "L2RhdGEv/w==", "version": "v"},
        b'{"path": "/data/\\ud800", "version": "v"}',
        b"[" * 50_000,
    ]
    response = upload(ada, *lines)

    assert list(refused(response)) == [f"line {number}" for number in range(1, 6)]
    assert response.get_json()["detail"] == "9 lines of the file list can't be used"


def test_a_list_and_its_job_agree_about_versions(ada: CheckedClient) -> None:
    with_them = upload(ada, {"path": "/data/train/a.bin", "version": "v"}).get_json()["fileListId"]
    plain = ada.post("/filelists", data=b"/data/train/a.bin\n", content_type="text/plain").get_json()["fileListId"]

    def order(list_id: str, **more: Any) -> Any:
        return ada.post("/preload", json={"params": {"fromFileList": True, "fileListId": list_id, **more}})

    assert order(with_them, versions=True).status_code == 202
    assert order(plain).status_code == 202
    assert "which has versions" in refused(order(with_them))["params.versions"]
    assert "has no versions" in refused(order(plain, versions=True))["params.versions"]
