"""`avio preload` and `avio save`: what is ordered, and what is said at once."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from avio.commands.order_options import declared
from avio.wire.options import option
from avio.wire.states import JobType
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import BREAK, Reply, Stub, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in")


def ordered(job: dict[str, object]) -> Reply:
    """Return the reply to an order."""
    return Reply(job, status=202)


def test_the_id_is_the_only_thing_on_standard_output(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))

    result = avio("preload /data")

    assert result.stdout == JOB + "\n"
    assert result.stderr == f"submitted {JOB}; follow with: avio watch {JOB}\n"
    assert stub.requests[0].json == {"params": {"alluxioUri": "/data"}}


def test_every_option_of_a_preload_reaches_the_server(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))

    avio("preload /data --name nightly --depth 0 --verify checksum --tier MEM --if-full partial")

    params = {"alluxioUri": "/data", "depth": 0, "verify": "checksum", "tier": "MEM", "ifFull": "partial"}
    assert stub.requests[0].json == {"name": "nightly", "params": params}


def test_every_option_of_a_save_reaches_the_server(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/save", ordered(job_info("queued", type=2)))

    said = avio("save /data --on-conflict overwrite --json")

    assert stub.requests[0].json == {"params": {"alluxioUri": "/data", "onConflict": "overwrite"}}
    assert json.loads(said.stdout) == job_info("queued", type=2)


def test_an_option_of_any_type_becomes_one_of_the_command_for_its_verbs() -> None:
    @dataclass
    class Table:
        dry: bool = option(False, "Move nothing.", JobType.SAVE)
        file_note: str | None = option(None, "A note.")
        level: int = option(1, "A level.", least=1, most=3)

    @click.command()
    def command(**chosen: Any) -> None:
        click.echo(json.dumps(chosen))

    for decorate in declared(JobType.SAVE, Table):
        command = decorate(command)

    assert json.loads(CliRunner().invoke(command).stdout) == {"dry": None, "file_note": None, "level": None}
    said = CliRunner().invoke(command, ["--dry", "--file-note", "x", "--level", "3"])
    assert json.loads(said.stdout) == {"dry": True, "file_note": "x", "level": 3}
    assert CliRunner().invoke(command, ["--level", "4"]).exit_code == 2
    assert len(list(declared(JobType.PRELOAD, Table))) == 2


def test_include_and_exclude_keep_their_order(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))

    avio("preload /data --exclude /logs/** --depth 2 --include=*.jpg --include *.png --exclude **")

    rules = ["- /logs/**", "+ *.jpg", "+ *.png", "- **"]
    assert stub.requests[0].json == {"params": {"alluxioUri": "/data", "depth": 2, "filters": rules}}


def test_sizes_and_times_are_written_as_people_do(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/save", ordered(job_info("queued")))
    before = datetime.now(UTC)

    avio("save /data --min-size 1MiB --max-size 1.5G --max-bytes 2TB --max-files 7 --newer-than 7d")
    avio("save /data --newer-than 2026-05-02 --older-than 2026-05-02T11:40:05+08:00")

    first, second = (request.json["params"] for request in stub.requests)
    week_ago = datetime.fromisoformat(first.pop("newerThan"))
    assert timedelta(0) <= week_ago + timedelta(days=7) - before.replace(microsecond=0) < timedelta(minutes=1)
    sizes = {"minSize": 1 << 20, "maxSize": 1_500_000_000, "maxBytes": 2 * 10**12, "maxFiles": 7}
    assert first == {"alluxioUri": "/data", **sizes}
    assert datetime.fromisoformat(second["newerThan"]) == datetime(2026, 5, 2).astimezone()
    assert second["olderThan"] == "2026-05-02T11:40:05+08:00"


def test_several_paths_are_one_order(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued", params={"paths": ["/a", "/b"], "fromFileList": False})))

    avio("preload /a /b")
    avio("preload /a " + os.fsdecode(b"/b\xff%"))

    assert [request.json["params"] for request in stub.requests] == [
        {"paths": ["/a", "/b"]},
        {"paths": ["/a", "/b%FF%25"], "alluxioUriEncoded": True},
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--include *.jpg", "--include '*.jpg' comes last and has no effect"),
        ("--exclude *.{jpg", "Invalid value for '--exclude': '*.{jpg' has a { without } at character 3"),
        ("--min-size 1Q", "'1Q' is not a size; write a number of bytes"),
        ("--newer-than yesterday", "'yesterday' is not a time; write 90s, 30m"),
        ("--older-than 2026-02-30", "'2026-02-30' is not a time"),
        ("--newer-than 999999w", "'999999w' is not a time"),
        ("--max-files 0", "0 is not in the range x>=1"),
    ],
)
def test_a_choice_of_files_that_is_invalid_is_refused_in_the_words_of_the_command(
    avio: Avio, stub: Stub, options: str, message: str
) -> None:
    said = " ".join(avio(f"preload /data {options}", 2).stderr.split())

    assert message in said
    assert stub.requests == []


@pytest.mark.parametrize("from_stdin", [True, False])
def test_a_list_of_paths_is_uploaded_first(avio: Avio, stub: Stub, tmp_path: Path, from_stdin: bool) -> None:
    paths = b"".join(b"/data/%06d\n" % number for number in range(10_000))
    (tmp_path / "paths").write_bytes(paths)
    stub.on("POST", "/filelists", Reply({"fileListId": "01LIST", "lines": 10_000, "bytes": len(paths)}, 201))
    stub.on("POST", "/preload", ordered(job_info("queued")))

    if from_stdin:
        avio("preload --from-file -", stdin=paths)
    else:
        avio(f"preload --from-file {tmp_path}/paths")

    upload, order = stub.requests
    assert upload.body == paths
    assert upload.headers["transfer-encoding"] == "chunked"
    assert order.json == {"params": {"fromFileList": True, "fileListId": "01LIST"}}


@pytest.mark.parametrize("flag", ["--null", "-0"])
def test_a_list_with_nuls_is_uploaded_as_such(avio: Avio, stub: Stub, flag: str) -> None:
    stub.on("POST", "/filelists", Reply({"fileListId": "01LIST", "lines": 2, "bytes": 6}, 201))
    stub.on("POST", "/save", ordered(job_info("queued", type=2)))

    avio(f"save --from-file - {flag}", stdin=b"/a\n\0/\xff\0")

    upload = stub.requests[0]
    assert (upload.body, upload.query) == (b"/a\n\0/\xff\0", {"separator": ["nul"]})


@pytest.mark.parametrize(
    "line",
    [
        "preload --null /a",
        "preload --from-object /a /b",
        "preload",
        "save",
        "preload /data --from-file -",
        "preload /data --verify crc",
    ],
)
def test_wrong_usage_asks_the_server_nothing(avio: Avio, stub: Stub, line: str) -> None:
    avio(line, 2, stdin="")

    assert stub.requests == []


def test_a_list_in_the_bucket_is_named_alone(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))

    avio("preload --from-object /data/list.txt --depth 0")

    params = {"fromFileList": True, "fileListPath": "/data/list.txt", "depth": 0}
    assert [request.json for request in stub.requests] == [{"params": params}]


def test_an_order_is_repeated_with_the_same_key_when_the_answer_got_lost(
    avio: Avio, stub: Stub, pauses: list[float]
) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer", retry_after=3)
    stub.on("POST", "/preload", away, Reply([BREAK]), ordered(job_info("queued")))

    avio("preload /data")

    keys = {request.headers["idempotency-key"] for request in stub.requests}
    assert len(stub.requests) == 3
    assert len(keys) == 1
    assert pauses[0] == 3


def test_two_orders_have_two_keys(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))

    avio("preload /data")
    avio("preload /data")

    assert len({request.headers["idempotency-key"] for request in stub.requests}) == 2


@pytest.mark.parametrize("line", ["preload --wait /data", "preload /data --wait", "preload --wait=60 /data"])
def test_wait_never_takes_the_path_for_its_seconds(avio: Avio, stub: Stub, line: str) -> None:
    stub.on("POST", "/preload", ordered(job_info("queued")))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info()), ("end", job_info("succeeded"))))

    result = avio(line)

    assert result.stdout == JOB + "\n"
    assert "succeeded: 4 files, 4.0 MiB; verified 4 files, 4.0 MiB" in result.stderr


def test_wait_with_json_is_one_document_of_the_end(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/save", ordered(job_info("queued", type=2)))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", job_info("succeeded", type=2))))

    assert json.loads(avio("save /data --wait --json").stdout)["status"] == "succeeded"
