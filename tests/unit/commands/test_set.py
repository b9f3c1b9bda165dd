"""`avio set`, and the limits of a new job: sizes as people write them, and what is said of them."""

import json

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import Reply, Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")


def test_a_change_reaches_the_server_in_its_words(avio: Avio, stub: Stub) -> None:
    stub.on("PATCH", f"/jobs/{JOB}", Reply(job_info(bandwidth=100_000_000, concurrency=16, name="fast")))

    said = avio(f"set {JOB} --bandwidth 100M --concurrency 16 --name fast")

    assert stub.requests[0].json == {"bandwidth": 100_000_000, "concurrency": 16, "name": "fast"}
    assert said.stdout == ""
    assert said.stderr == f"{JOB} is running: bandwidth 95 MiB/s, concurrency 16, name fast\n"


def test_none_takes_a_limit_away(avio: Avio, stub: Stub) -> None:
    stub.on("PATCH", f"/jobs/{JOB}", Reply(job_info()))

    said = avio(f"set {JOB} --bandwidth none --concurrency none")

    assert stub.requests[0].json == {"bandwidth": None, "concurrency": None}
    assert said.stderr == f"{JOB} is running: bandwidth no limit, concurrency as many as help\n"


def test_priority_and_labels_are_set_and_taken_away(avio: Avio, stub: Stub) -> None:
    stub.on("PATCH", f"/jobs/{JOB}", Reply(job_info(priority=-5, labels={"team": "vision", "run": "a=b"})))

    said = avio(f"set {JOB} --priority -5 --label team=vision --label run=a=b --label old=")

    assert stub.requests[0].json == {"priority": -5, "labels": {"team": "vision", "run": "a=b", "old": None}}
    assert said.stderr.endswith("priority -5, labels run=a=b, team=vision\n")


def test_with_json_the_job_is_printed(avio: Avio, stub: Stub) -> None:
    stub.on("PATCH", f"/jobs/{JOB}", Reply(job_info(concurrency=3)))

    assert json.loads(avio(f"set {JOB} --concurrency 3 --json").stdout) == job_info(concurrency=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "at least one of --bandwidth, --concurrency, --priority, --name, --label"),
        ("--bandwidth 100", "65536 to"),
        ("--bandwidth fast", "is not a size"),
        ("--bandwidth -1", "is not a size"),
        ("--concurrency 0", "1<=x<=512"),
        ("--concurrency many", "many"),
        ("--priority 11", "-10<=x<=10"),
        ("--label team", "NAME=VALUE"),
        ("--label -x=1", "letters, digits"),
    ],
)
def test_wrong_usage_asks_the_server_nothing(avio: Avio, stub: Stub, options: str, words: str) -> None:
    said = avio(f"set {JOB} {options}", 2)

    assert words in said.stderr
    assert stub.requests == []


def test_a_job_that_has_ended_is_told(avio: Avio, stub: Stub) -> None:
    stub.on("PATCH", f"/jobs/{JOB}", problem(409, "CONFLICT", f"job {JOB} has ended: succeeded"))

    assert "has ended: succeeded" in avio(f"set {JOB} --concurrency 3", 1).stderr


def test_the_last_job_has_a_short_name(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/whoami", Reply({"uid": 7, "name": "lena", "admin": False, "expireTime": "x"}))
    stub.on("GET", "/jobs", Reply({"jobs": [job_info()], "nextPageToken": None}))
    stub.on("PATCH", f"/jobs/{JOB}", Reply(job_info()))

    avio("set @last --concurrency 3")

    assert stub.requests[-1].json == {"concurrency": 3}


@pytest.mark.parametrize(("text", "size"), [("100M", 100_000_000), ("1.5GiB", 3 << 29), ("65536", 65536)])
@pytest.mark.parametrize("verb", ["preload", "save"])
def test_a_new_job_takes_sizes_with_units(avio: Avio, stub: Stub, verb: str, text: str, size: int) -> None:
    stub.on("POST", f"/{verb}", Reply(job_info("queued"), status=202))

    avio(f"{verb} /data --bandwidth {text} --concurrency 8")

    assert stub.requests[0].json == {"params": {"alluxioUri": "/data", "bandwidth": size, "concurrency": 8}}


def test_a_job_is_shown_with_its_present_limits_not_those_of_its_order(avio: Avio, stub: Stub) -> None:
    params = {"alluxioUri": "/data", "bandwidth": 70_000}
    stub.on("GET", f"/jobs/{JOB}", Reply(job_info(params=params, bandwidth=1 << 30, concurrency=None)))

    lines = dict(line.split(None, 1) for line in avio(f"job show {JOB}").stdout.splitlines())

    assert lines["Limits:"] == "bandwidth 1.0 GiB/s, concurrency as many as help"
    assert lines["Options:"] == "-"
