"""Report, result and log of a job, as they come out of the database."""

import json
from dataclasses import asdict

from avio.api.replies import EntryInfo
from avio.db import artifacts
from avio.db.connecting import borrow
from avio.engines.base import Entry, EntryState
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
