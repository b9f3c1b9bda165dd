"""Whose job it is: every route of a job, for its owner, somebody else, an admin and nobody."""

from collections.abc import Callable

import pytest

from avio.api import Web
from avio.db import artifacts
from avio.db.connection import borrow
from tests.integration.api.conftest import CheckedClient

ABSENT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

# (method, page, status for the owner of a job that has ended)
ROUTES = [
    ("GET", "/jobs/{}", 200),
    ("GET", "/jobs/{}?wait=0.1", 200),
    ("PATCH", "/jobs/{}", 400),
    ("POST", "/jobs/{}/cancel", 409),
    ("POST", "/jobs/{}/retry", 202),
    ("GET", "/jobs/{}/events", 200),
    ("GET", "/jobs/{}/report", 200),
    ("GET", "/jobs/{}/failures", 200),
    ("GET", "/jobs/{}/result", 200),
    ("GET", "/jobs/{}/log", 200),
]


@pytest.fixture
def ended(order: str, set_row: Callable[..., None]) -> str:
    """A job of Ada's that has ended and left everything behind."""
    set_row(order, state="succeeded", attempt=1, finished_at=1.0)
    with borrow():
        for kind in artifacts.KINDS:
            artifacts.add(order, 1, kind, 0, b"")
    return order


def test_the_matrix_has_every_route_of_a_job(app: Web) -> None:
    routes = {
        (method.upper(), page.replace("{id}", "{}"))
        for page, item in app.api_doc["paths"].items()
        for method in item
        if page.startswith("/jobs/{id}")
    }
    assert routes == {(method, page.partition("?")[0]) for method, page, _ in ROUTES}


@pytest.mark.parametrize(("method", "page", "status"), ROUTES)
def test_only_its_owner_and_an_admin_reach_a_job(
    ada: CheckedClient,
    bob: CheckedClient,
    root: CheckedClient,
    nobody: CheckedClient,
    ended: str,
    method: str,
    page: str,
    status: int,
) -> None:
    assert ada.open(page.format(ended), method=method).status_code == status
    assert root.open(page.format(ended), method=method).status_code == status
    assert nobody.open(page.format(ended), method=method).status_code == 401
    refused, absent = (bob.open(page.format(job), method=method) for job in (ended, ABSENT))
    assert (refused.status_code, absent.status_code) == (404, 404)
    assert refused.get_json()["detail"].replace(ended, ABSENT) == absent.get_json()["detail"], "ids can't be probed"


def test_lists_show_ones_own_jobs_and_an_admin_all(
    ada: CheckedClient, bob: CheckedClient, root: CheckedClient, order: str
) -> None:
    uid = ada.get("/whoami").get_json()["uid"]
    assert [job["id"] for job in ada.get("/jobs").get_json()["jobs"]] == [order]
    assert [job["id"] for job in root.get(f"/jobs?uid={uid}").get_json()["jobs"]] == [order]
    assert bob.get("/jobs").get_json()["jobs"] == []
    assert bob.get(f"/jobs?uid={uid}").get_json()["jobs"] == []


def test_somebody_elses_file_list_is_none(ada: CheckedClient, bob: CheckedClient) -> None:
    uploaded = ada.post("/filelists", data=b"/data/top.bin\n", content_type="text/plain").get_json()
    response = bob.post("/preload", json={"params": {"fromFileList": True, "fileListId": uploaded["fileListId"]}})
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "params.fileListId"


def test_every_route_but_the_open_ones_demands_a_token(app: Web, nobody: CheckedClient) -> None:
    open_pages = {
        page
        for page, item in app.api_doc["paths"].items()
        for method in item
        if nobody.open(page.replace("{id}", ABSENT), method=method.upper()).status_code != 401
    }
    assert open_pages == {"/login", "/healthz", "/readyz", "/openapi.json", "/metrics"}
    described = {
        page for page, item in app.api_doc["paths"].items() if any(not op.get("security") for op in item.values())
    }
    assert described == open_pages
