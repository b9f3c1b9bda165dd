"""`avio check`: a line for each file, and an exit code that tells whether all are the same."""

import json
from typing import Any

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info, progress_info, report_line
from tests.unit.commands.stub import Stub, ndjson, sse

pytestmark = pytest.mark.usefixtures("logged_in")

LINES = [
    report_line("/data/d", outcome="different"),
    report_line("/data/new", outcome="only_in_cache"),
    report_line("/data/far", outcome="only_in_bucket"),
    report_line("/data/odd\n", outcome="failed", reason="NO_DIGEST", message="words"),
    report_line("/data/link", outcome="left_out", reason="SYMLINK"),
    report_line("/data/a", outcome="same"),
]


def ends(stub: Stub, end: dict[str, Any], *lines: dict[str, Any]) -> None:
    """Let the stub take a check that ends so."""
    stub.on("POST", "/jobs", job_info("queued", type=5))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info(type=5)), ("end", end)))
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(*lines))


def differing(**counted: int) -> dict[str, Any]:
    """Return progress with differences."""
    return {**progress_info(1), **{name: {"files": count, "bytes": count} for name, count in counted.items()}}


def test_each_file_has_a_line_and_differences_an_exit_code(avio: Avio, stub: Stub) -> None:
    progress = differing(different=1, onlyInBucket=1, onlyInCache=1)
    end = job_info("partial", type=5, reason="DIFFERENT", message="1 files the same, 3 others", progress=progress)
    ends(stub, end, *LINES)

    said = avio("check /data --verify checksum --exclude *.tmp --depth 2", 3)

    assert said.stdout.splitlines() == [
        "* /data/d",
        "+ /data/new",
        "- /data/far",
        "! /data/odd\\n",
        "! /data/link",
        "= /data/a",
    ]
    assert said.stderr.splitlines()[-3:] == [
        "partial: check of /data: 1 files the same, 3 others",
        "why:     DIFFERENT",
        f"try:     avio report {JOB} --failed",
    ]
    (order,) = [asked.json for asked in stub.requests if asked.method == "POST"]
    assert order == {
        "type": 5,
        "params": {"alluxioUri": "/data", "verify": "checksum", "filters": ["- *.tmp"], "depth": 2},
    }


def test_a_check_without_differences_ends_with_0(avio: Avio, stub: Stub) -> None:
    ends(stub, job_info("succeeded", type=5, verified=None), LINES[-1])
    said = avio("check /data")
    assert said.stdout == "= /data/a\n"
    assert said.stderr.splitlines()[-1] == "succeeded: 4 files, 4.0 MiB the same in bucket and cache"


def test_in_json_each_file_is_an_object(avio: Avio, stub: Stub) -> None:
    ends(stub, job_info("partial", type=5, reason="DIFFERENT"), *LINES)
    assert [json.loads(line) for line in avio("check /data --json", 3).stdout.splitlines()] == LINES


def test_a_check_without_a_wait_prints_its_id(avio: Avio, stub: Stub) -> None:
    ends(stub, job_info("succeeded", type=5))
    assert avio("check /data --no-wait").stdout == f"{JOB}\n"
    assert [asked.method for asked in stub.requests if "events" in asked.path] == []


def test_a_check_that_failed_before_the_first_file_has_no_lines(avio: Avio, stub: Stub) -> None:
    end = job_info("failed", type=5, reason="PATH_NOT_FOUND", message="no", progress=progress_info(0, total=0))
    ends(stub, end)
    assert avio("check /data", 6).stdout == ""
    assert [asked for asked in stub.requests if asked.path.endswith("/report")] == []


def test_a_check_takes_no_option_of_a_preload(avio: Avio) -> None:
    assert "No such option" in avio("check /data --tier MEM", 2).stderr


def test_the_failed_lines_of_a_check_are_all_that_are_not_the_same(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_info("partial", type=5))
    stub.on("GET", f"/jobs/{JOB}/report", *(ndjson(line) for line in LINES[:5]))

    avio(f"report {JOB} --failed")

    asked = [each.query["outcome"] for each in stub.requests if each.path.endswith("/report")]
    assert asked == [["failed"], ["left_out"], ["different"], ["only_in_bucket"], ["only_in_cache"]]


def test_job_show_tells_what_differs(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_info("partial", type=5, progress=differing(different=2, onlyInCache=1)))
    shown = [line.split(maxsplit=3) for line in avio(f"job show {JOB}").stdout.splitlines()]
    assert ["Different:", "2", "files,", "2 B"] in shown
    assert "Only in cache:" in avio(f"job show {JOB}").stdout
