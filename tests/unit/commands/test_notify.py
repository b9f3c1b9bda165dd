"""`avio notify`, `--notify`, and `avio retry --failed`: what is sent, and what is printed where."""

import json
from typing import Any

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, delivery, job_info, progress_info, webhook
from tests.unit.commands.stub import Reply, Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")

URL = "https://hooks.example/x?token=hush"


def test_the_secret_alone_is_on_standard_output(avio: Avio, stub: Stub) -> None:
    stub.on("PUT", "/me/webhook", Reply(webhook()))

    said = avio(f"notify set {URL} --on failed,partial")

    assert stub.requests[0].json == {"url": URL, "on": ["failed", "partial"], "newSecret": False}
    assert said.stdout == "whsec_c2VjcmV0\n"
    assert said.stderr.splitlines() == [
        "this is the secret of your webhook; it is not shown again",
        "https://hooks.example/x?... is told of jobs that end as partial, failed",
    ]


def test_a_change_prints_no_secret(avio: Avio, stub: Stub) -> None:
    stub.on("PUT", "/me/webhook", Reply(webhook(secret=None, url=None)))

    said = avio("notify set --only-jobs")

    assert stub.requests[0].json["url"] is None
    assert (said.stdout, said.stderr) == ("", "jobs that are ordered with --notify are told of\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("set", "give either URL or --only-jobs"),
        (f"set {URL} --only-jobs", "give either URL or --only-jobs"),
        (f"set {URL} --on done", "done is not an end"),
        (f"set {URL} --on ,", "nothing is not an end"),
    ],
)
def test_wrong_usage_asks_the_server_nothing(avio: Avio, stub: Stub, words: str, why: str) -> None:
    assert why in avio(f"notify {words}", 2).stderr
    assert stub.requests == []


def test_a_refused_url_is_called_as_the_help_calls_it(avio: Avio, stub: Stub) -> None:
    errors = [{"field": "url", "message": "has no valid host"}]
    stub.on("PUT", "/me/webhook", problem(400, "BAD_REQUEST", "the request is invalid: url", errors=errors))

    said = avio("notify set https://", 2).stderr

    assert "the request is invalid: URL (BAD_REQUEST)" in said
    assert "URL: has no valid host" in said


def test_the_webhook_and_its_log_are_shown(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/me/webhook", Reply(webhook(secret=None)))
    stub.on("GET", "/me/deliveries", Reply({"deliveries": [delivery()], "nextPageToken": None}))
    stub.on("DELETE", "/me/webhook", Reply({}))

    assert "https://hooks.example/x?..." in avio("notify show").stdout
    row = avio("notify log").stdout.splitlines()[-1]
    assert [word in row for word in (JOB, "pending", "503", "HTTP 503")] == [True] * 4
    assert json.loads(avio(f"notify log {JOB} --json").stdout)["deliveries"] == [delivery()]
    assert stub.requests[-1].query == {"job": [JOB]}
    assert avio("notify remove").stderr == "removed\n"


def test_a_refused_webhook_of_a_job_is_told_in_the_words_of_the_cli(avio: Avio, stub: Stub) -> None:
    why = "needs a secret of the user, which signs what is sent; make one with PUT /me/webhook"
    stub.on(
        "POST", "/preload", problem(400, "BAD_REQUEST", "invalid", errors=[{"field": "params.notify", "message": why}])
    )

    said = avio(f"preload /data --notify {URL}", 2)

    assert stub.requests[0].json["params"]["notify"] == URL
    assert (
        "--notify: needs a secret of the user, which signs what is sent; make one with avio notify set" in said.stderr
    )


@pytest.mark.parametrize(
    ("status", "progress", "note"),
    [
        ("partial", progress_info(1, 3), ""),
        ("failed", progress_info(1, 3), "1 files are not among"),  # what was done is not verified
        ("failed", progress_info(0, 4), ""),
        (
            "partial",
            {**progress_info(1, 3), "total": {"files": 9, "bytes": 9, "complete": True}},
            "5 files are not among",
        ),
        (
            "partial",
            {**progress_info(1, 3), "total": {"files": 4, "bytes": 9, "complete": False}},
            "some files are not among",
        ),
    ],
)
def test_a_retry_of_failed_files_says_what_it_leaves(
    avio: Avio, stub: Stub, status: str, progress: dict[str, Any], note: str
) -> None:
    stub.on("POST", f"/jobs/{JOB}/retry", Reply(job_info("queued", id=JOB[:-1] + "1", name="failed files of x"), 202))
    stub.on("GET", f"/jobs/{JOB}", Reply(job_info(status, progress=progress)))

    said = avio(f"retry {JOB} --failed")

    assert stub.requests[0].json == {"failed": True}
    assert said.stdout == JOB[:-1] + "1\n"
    assert note in said.stderr
    assert ("note:" in said.stderr) is bool(note)


def test_an_older_server_that_does_all_again_is_told(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/jobs/{JOB}/retry", Reply(job_info("queued", name="nightly"), 202))

    assert "the new job does all files again" in avio(f"retry {JOB} --failed").stderr


def test_a_plain_retry_sends_no_body(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/jobs/{JOB}/retry", Reply(job_info("queued"), 202))

    avio(f"retry {JOB}")

    assert not stub.requests[0].body


def test_a_job_is_shown_with_five_samples_and_hints_in_options(avio: Avio, stub: Stub) -> None:
    paths = [rf"/data/{number}\xff" for number in range(5)]
    group = {"reason": "X", "count": 7, "retryable": True, "hint": "use ifFull=partial", "samples": paths}
    stub.on("GET", f"/jobs/{JOB}", Reply(job_info("partial", errors=[group], attempts=[])))

    assert f"X for 7, e.g. {', '.join(paths)} (use --if-full partial)" in avio(f"job show {JOB}").stdout
