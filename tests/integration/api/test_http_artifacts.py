"""Report, result and log of a job, as they come out of the database."""

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest

from avio.api.responses import EntryInfo
from avio.db import artifacts, folds
from avio.db.connection import borrow
from avio.db.models import Attempt
from avio.engines.base import Entry, EntryState
from avio.wire.events import FailureEvent
from tests.integration.api.conftest import CheckedClient


def test_the_newest_attempts_report_comes_in_order_and_whole(ada: CheckedClient, order: str) -> None:
    with borrow():
        artifacts.add(order, 1, "report", 0, b'{"path":"/old","outcome":"failed"}\n')
        for no in range(3):
            artifacts.add(
                order,
                2,
                "report",
                no,
                b'{"path":"/%d","outcome":"done"}\n{"path":"/x%d","outcome":"failed"}\n' % (no, no),
            )
    response = ada.get(f"/jobs/{order}/report")
    assert response.mimetype == "application/x-ndjson"
    lines = [json.loads(line) for line in response.get_data().splitlines()]
    assert [line["path"] for line in lines] == ["/0", "/x0", "/1", "/x1", "/2", "/x2"]

    failed = ada.get(f"/jobs/{order}/report?outcome=failed").get_data().splitlines()
    assert [json.loads(line)["path"] for line in failed] == ["/x0", "/x1", "/x2"]
    assert ada.get(f"/jobs/{order}/report?outcome=skipped").get_data() == b""


@pytest.mark.parametrize(("failed", "told"), [(0, False), (3, True)])
def test_a_report_that_is_cut_says_so_to_whom_it_concerns(
    ada: CheckedClient, order: str, failed: int, told: bool
) -> None:
    cut = {"cut": 9, "failed": failed, "message": "the report is cut"}
    with borrow():
        artifacts.add(order, 1, "report", 0, b'{"path":"/x","outcome":"failed"}\n' + json.dumps(cut).encode() + b"\n")

    lines = {
        query: [json.loads(line) for line in ada.get(f"/jobs/{order}/report{query}").get_data().splitlines()]
        for query in ("", "?outcome=failed", "?outcome=done")
    }

    assert lines["?outcome=done"] == [cut]
    assert (lines[""][-1], lines["?outcome=failed"][-1] == cut) == (cut, told)


def test_a_result_that_is_cut_says_so(ada: CheckedClient, order: str) -> None:
    cut = {"cut": 9, "failed": 0, "message": "the result is cut"}
    with borrow():
        artifacts.add(order, 1, "result", 0, json.dumps(cut).encode() + b"\n")
    assert json.loads(ada.get(f"/jobs/{order}/result").get_data()) == cut


def test_a_result_is_entries_in_the_shape_of_the_tasks(ada: CheckedClient, order: str) -> None:
    entry = Entry("/data/a", "file", 5, 0.0, EntryState.CACHED, 5, {"MEM": 5}, True, token="opaque")
    with borrow():
        artifacts.add(order, 1, "result", 0, json.dumps(asdict(entry)).encode() + b"\n")
    [line] = ada.get(f"/jobs/{order}/result").get_data().splitlines()
    shown = json.loads(line)
    assert set(shown) == set(EntryInfo.model_json_schema(by_alias=True)["properties"])
    assert (shown["path"], shown["name"], shown["cachedPercent"]) == ("/data/a", "a", 100)
    assert shown["modified"] == "1970-01-01T08:00:00.000+08:00"


def test_a_log_comes_as_it_was_left(ada: CheckedClient, order: str) -> None:
    with borrow():
        artifacts.add(order, 1, "log", 0, b"begun\n")
    log = ada.get(f"/jobs/{order}/log")
    assert log.mimetype == "text/plain"
    assert log.get_data(as_text=True) == "begun\n"


def test_what_was_not_left_yet_is_404_with_a_cure(ada: CheckedClient, order: str) -> None:
    for page in ("report", "result", "log"):
        response = ada.get(f"/jobs/{order}/{page}")
        assert response.status_code == 404
        assert response.get_json()["cure"]


def test_failed_files_are_named_while_the_job_runs_by_path_in_pages(
    ada: CheckedClient, order: str, set_row: Callable[..., None]
) -> None:
    set_row(order, state="running", attempt=2, node="n1", node_epoch=1)
    with borrow():
        folds.fold([], [FailureEvent(order, 2, f"/data/{name}", "GONE", "it went", 3) for name in "cab"])

    first = ada.get(f"/jobs/{order}/failures?pageSize=2").get_json()
    rest = ada.get(f"/jobs/{order}/failures?pageToken={first['nextPageToken']}").get_json()

    assert [one["path"] for one in first["failures"] + rest["failures"]] == ["/data/a", "/data/b", "/data/c"]
    assert rest["nextPageToken"] is None
    assert rest["failures"] == [{"path": "/data/c", "reason": "GONE", "message": "it went", "tries": 3, "attempt": 2}]


def test_failed_files_of_an_earlier_attempt_are_not_named(
    ada: CheckedClient, order: str, set_row: Callable[..., None]
) -> None:
    set_row(order, state="running", attempt=1, node="n1", node_epoch=1)
    with borrow():
        folds.fold([], [FailureEvent(order, 1, "/data/a", "GONE", "it went")])
    set_row(order, attempt=2)

    assert ada.get(f"/jobs/{order}/failures").get_json() == {"failures": [], "nextPageToken": None}


def test_a_page_token_of_failed_files_that_was_made_up_is_refused(ada: CheckedClient, order: str) -> None:
    refused = ada.get(f"/jobs/{order}/failures?pageToken=nonsense")

    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "pageToken")


def test_a_retry_takes_the_failed_files_alone(ada: CheckedClient, order: str, set_row: Callable[..., None]) -> None:
    with borrow():
        artifacts.add(
            order, 1, "report", 0, b'{"path":"/data/a","outcome":"failed"}\n{"path":"/b","outcome":"failed"}\n'
        )
        Attempt.create(job_id=order, attempt=1, node="n1", epoch=1, started_at=1.0, outcome="partial")
    set_row(order, state="partial", attempt=1, finished_at=9.0)

    again = ada.post(f"/jobs/{order}/retry", json={"failed": True})

    assert again.status_code == 202
    info = again.get_json()
    assert (info["retryOf"], info["name"]) == (order, f"failed files of {order}")
    assert info["params"]["depth"] == 0
    (made,) = ada.get("/filelists").get_json()["fileLists"]
    assert (made["fileListId"], made["lines"], made["complete"]) == (info["params"]["fileListId"], 2, True)
    assert ada.post(f"/jobs/{order}/retry").get_json()["params"]["alluxioUri"] == "/data/train"
    assert ada.post(f"/jobs/{order}/retry", json={"failed": 1}).status_code == 400
    refused = ada.post(f"/jobs/{info['id']}/retry", json={"failed": True})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "CONFLICT")
