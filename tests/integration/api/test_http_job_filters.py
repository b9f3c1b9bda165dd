"""GET /jobs?filter=: terms as people type them, whose jobs they find, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from avio.db.connection import borrow
from tests.contract.db import given
from tests.integration.api.conftest import CheckedClient

Ordered = dict[str, str]


@pytest.fixture
def ordered(ada: CheckedClient, bob: CheckedClient, set_row: Callable[..., None]) -> Ordered:
    """A job of Ada that has failed on n1, one of hers that waits, and one of Bob."""

    def order(client: CheckedClient, path: str, name: str) -> str:
        reply = client.post("/preload", json={"name": name, "params": {"alluxioUri": path}})
        return str(reply.get_json()["id"])

    jobs = {
        "failed": order(ada, "/data/train/deep", "nightly train"),
        "waits": order(ada, "/data/train", "again"),
        "bob": order(bob, "/data/top.bin", "mine"),
    }
    with borrow():
        given.node("n1")
        given.claim(jobs["failed"])
    set_row(jobs["failed"], state="failed", node=None, finished_at=1.0)
    return jobs


def asked(client: CheckedClient, text: str, **more: Any) -> Any:
    return client.get("/jobs", query_string={"filter": text, **more})


def found(client: CheckedClient, ordered: Ordered, text: str) -> set[str]:
    """Return the jobs that a filter finds, as the fixture calls them."""
    names = {job: name for name, job in ordered.items()}
    page = asked(client, text).get_json()
    jobs = page["jobs"]
    while page["nextPageToken"]:  # a busy machine compares few jobs for a page
        page = asked(client, text, pageToken=page["nextPageToken"]).get_json()
        jobs += page["jobs"]
    return {names[job["id"]] for job in jobs}


OWN: dict[str, set[str]] = {
    "": {"failed", "waits"},
    "status:failed": {"failed"},
    "status:failed,queued type:preload": {"failed", "waits"},
    "type:save": set(),
    "path:/data/train": {"failed", "waits"},
    "path:/data/*/deep status:failed": {"failed"},
    'name:"NIGHTLY tr",zzz': {"failed"},
    "node:n1": {"failed"},
    "since:1h": {"failed", "waits"},
    "until:1h": set(),
    "since:2020-01-01 until:2020-01-02": set(),
    "user:ada": {"failed", "waits"},
    "user:1": {"failed", "waits"},
    "user:bob,ada": {"failed", "waits"},
    "user:bob": set(),
    "user:nobody": set(),
}


def test_a_user_finds_own_jobs_by_each_term(ada: CheckedClient, ordered: Ordered) -> None:
    assert {text: found(ada, ordered, text) for text in OWN} == OWN


def test_an_admin_finds_jobs_by_user_and_sees_their_names(root: CheckedClient, ordered: Ordered) -> None:
    assert found(root, ordered, "user:bob") == {"bob"}
    assert found(root, ordered, "user:1,bob path:/data/t*") == {"failed", "waits", "bob"}
    assert asked(root, "").get_json()["users"] == {"1": "ada", "2": "bob"}
    refused = asked(root, "user:nobody").get_json()
    assert refused["errors"] == [{"field": "filter", "message": "user: no such user: nobody"}]


def test_users_are_not_told_names_of_users(ada: CheckedClient, ordered: Ordered) -> None:
    assert asked(ada, "").get_json()["users"] == {}


def test_members_and_filter_go_together_but_not_about_the_same(ada: CheckedClient, ordered: Ordered) -> None:
    assert [job["id"] for job in asked(ada, "path:/data/train", status="failed").get_json()["jobs"]] == [
        ordered["failed"]
    ]
    refused = asked(ada, "status:failed user:ada", status="failed", uid=1)
    assert refused.status_code == 400
    assert "status, uid is in the query and in its filter" in refused.get_json()["errors"][0]["message"]


def test_a_filter_that_can_not_be_read_is_refused(ada: CheckedClient) -> None:
    for text in ("nope", "status:done", "path:[", "since:yesterday", "name:x name:y", "x" * 1001):
        refused = asked(ada, text)
        assert refused.status_code == 400
        assert [error["field"] for error in refused.get_json()["errors"]] == ["filter"]


def test_the_next_page_has_the_same_filter(ada: CheckedClient, ordered: Ordered) -> None:
    reply = asked(ada, "path:/data/train", pageSize=1)
    link = reply.headers["Link"].partition(">")[0].removeprefix("<")

    assert [job["id"] for job in reply.get_json()["jobs"]] == [ordered["waits"]]
    assert [job["id"] for job in ada.get(link).get_json()["jobs"]] == [ordered["failed"]]
