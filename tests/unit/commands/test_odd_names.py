"""Two names never print alike: one with a byte that is not UTF-8, and one that is written as its percent form is."""

from base64 import b64encode
from typing import Any

import pytest

from avio.commands.entries import path_column
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, entry_info, entry_page, job_info, report_line
from tests.unit.commands.stub import Stub, ndjson, sse

pytestmark = pytest.mark.usefixtures("logged_in")

RAW, LITERAL = {"pathBytes": b64encode(b"/data/100%/\xff").decode()}, {"pathBytes": None}


def entries(**changes: Any) -> list[dict[str, Any]]:
    """Return two files as the API tells of them, both in /data/100%: one named by the byte 0xFF, and one named %FF."""
    return [entry_info("/data/100%25/%FF", **RAW, **changes), entry_info("/data/100%/%FF", **LITERAL, **changes)]


def test_in_a_listing(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.on("GET", "/list", entry_page(*entries(kind="directory", state="unknown"), path="/data/100%"))

    run = avio("ls /data/100%")

    assert [line.split("\t")[-1] for line in run.stdout.splitlines()] == [r"/data/100%/\xff/", "/data/100%/%FF/"]
    assert r"state unknown: /data/100%/\xff, /data/100%/%FF;" in run.stderr


@pytest.mark.parametrize(
    ("root", "raw", "name"),
    [
        ("/data/100%", b"/data/100%/\xff", r"\xff"),
        ("/data/%FF", b"/data/\xff/a", "a"),
        ("/data/%FF", b"/data/\xff", r"\xff"),
        ("/", b"/\xff", r"\xff"),
    ],
)
def test_below_the_path_of_a_listing_on_a_terminal(root: str, raw: bytes, name: str) -> None:
    entry = entry_info(raw.decode("utf-8", "replace").replace("%", "%25").replace("\ufffd", "%FF"))

    assert path_column(root).human(entry | {"pathBytes": b64encode(raw).decode()}) == name


def test_of_one_entry(avio: Avio, stub: Stub) -> None:
    raw, literal = entries()
    for entry, shown in ((raw, r"/data/100%/\xff"), (literal, "/data/100%/%FF")):
        stub.on("GET", "/stat", entry)
        assert avio("stat /x").stdout.splitlines()[0].split()[-1] == shown


def test_in_a_report_and_a_check(avio: Avio, stub: Stub) -> None:
    lines = [report_line("/data/%FF", pathBytes=b64encode(b"/data/\xff").decode()), report_line("/data/%FF")]
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(*lines))
    assert [line.split("\t")[5] for line in avio(f"report {JOB}").stdout.splitlines()] == [r"/data/\xff", "/data/%FF"]

    stub.on("GET", f"/jobs/{JOB}/report", ndjson(*(line | {"outcome": "same"} for line in lines)))
    stub.on("POST", "/jobs", job_info(type=5))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job_info("succeeded", type=5))))
    assert avio("check /data").stdout.splitlines() == [r"= /data/\xff", "= /data/%FF"]


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"alluxioUri": "/data/%FF", "alluxioUriEncoded": True}, [r"/data/\xff"]),
        ({"alluxioUri": "/data/%FF"}, ["/data/%FF"]),
        ({"paths": ["/a%0A", "/b"], "alluxioUriEncoded": True}, [r"/a\n and 1 more", "/b"]),
    ],
)
def test_of_a_job(avio: Avio, stub: Stub, params: dict[str, Any], shown: list[str]) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_info(params=params))

    lines = [line.partition(":")[::2] for line in avio(f"job show {JOB}").stdout.splitlines()]

    assert [text.strip() for label, text in lines if label == "Path"] == shown
