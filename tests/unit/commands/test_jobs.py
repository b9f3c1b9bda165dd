"""`avio jobs`, `job show`, `log`, `report`, and the ways to name a job."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from avio.commands import job_columns
from avio.commands.jobs import jobs as jobs_command
from avio.terminal import tables
from avio.terminal.widths import cell_len
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import (
    JOB,
    PAGE_OF_NONE,
    attempt_info,
    failure,
    failure_page,
    job_detail,
    job_info,
    progress_info,
    report_line,
    whoami_info,
)
from tests.unit.commands.stub import BREAK, Reply, Stub, ndjson

pytestmark = pytest.mark.usefixtures("logged_in")

OTHER = "01JX7M3K9QZZZZZZZZZZZZZZZZ"


def page(*jobs: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """Return a page of jobs."""
    return {"jobs": list(jobs), "nextPageToken": token}


def test_jobs_are_listed_with_their_progress_and_none_where_it_is_not_known(avio: Avio, stub: Stub) -> None:
    eta = {"p50": "2999-05-02T11:40:00.000+08:00", "p90": "2999-05-02T11:50:00.000+08:00"}
    listing = job_info(id=OTHER, name="ni\tghtly", progress=progress_info(1, complete=False), eta=eta)
    stub.on("GET", "/jobs", page(listing, job_info("succeeded")))

    lines = [line.split("\t") for line in avio("jobs").stdout.splitlines()]

    created = "2026-05-02T11:40:00.000+08:00"
    assert lines == [
        [OTHER, "preload", "ni\\tghtly", "running", "1", "-", created, "/data", "7", "1048576", "-", eta["p50"]],
        [JOB, "preload", "-", "succeeded", "4", "100.0", created, "/data", "7", "1048576", "-", "-"],
    ]


def test_a_chinese_name_leaves_the_columns_behind_it_in_line(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch, 160)
    stub.on("GET", "/jobs", page(job_info("succeeded", name="预热训练集"), job_info("succeeded", name="nightly")))

    lines = avio("jobs").stdout.splitlines()

    assert "预热训练集" in lines[1]
    assert len({cell_len(line.partition("/data")[0]) for line in lines[1:]}) == 1


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Let people look at the table, on a terminal of so many columns."""
    for module in (tables, job_columns):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))


def heading(avio: Avio) -> list[str]:
    return avio("jobs").stdout.splitlines()[0].split()


def test_a_terminal_has_the_columns_that_fit_and_admins_see_whose_a_job_is(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = (datetime.now(UTC) - timedelta(hours=5)).isoformat()
    paths = {"alluxioUri": "/数据/训练", "fromFileList": False}
    jobs = [job_info(params=paths, createTime=created), job_info("succeeded", createTime=created)]
    stub.on("GET", "/jobs", page(*jobs))

    on_a_terminal(monkeypatch, 80)
    lines = avio("jobs").stdout.splitlines()
    assert lines[0].split() == ["ID", "TYPE", "STATUS", "PROGRESS", "LEFT", "AGE", "PATH"]
    assert lines[1].split() == [JOB, "preload", "running", "50%", "-", "5h", "/数据/训练"]
    assert max(map(cell_len, lines)) <= 80
    on_a_terminal(monkeypatch, 110)
    lines = avio("jobs").stdout.splitlines()
    assert lines[0].split() == [
        "ID",
        "TYPE",
        "STATUS",
        "DONE",
        "PROGRESS",
        "SPEED",
        "LEFT",
        "WAITS",
        "AGE",
        "NAME",
        "PATH",
    ]
    assert "1.0 MiB/s" in lines[1]
    assert "MiB/s" not in lines[2]
    stub.on("GET", "/jobs", {**page(*jobs), "users": {"7": "lena"}})
    assert heading(avio)[-2:] == ["USER", "PATH"]
    assert "lena" in avio("jobs").stdout


def test_a_filter_reaches_the_server_and_empty_pages_are_passed_by(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(token="t"), page(token="u"), page(job_info()))

    lines = avio("""jobs 'status:failed path:/data/*' 'name:"a b"' --limit 5""").stdout.splitlines()

    assert len(lines) == 1
    assert [request.query["filter"] for request in stub.requests] == [['status:failed path:/data/* name:"a b"']] * 3


def test_no_job_at_all_is_a_heading_alone(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.on("GET", "/jobs", page(token="t"), page())
    assert avio("jobs since:1h").stdout == ""

    on_a_terminal(monkeypatch, 80)
    stub.on("GET", "/jobs", page(token="t"), page())
    assert len(avio("jobs since:1h").stdout.splitlines()) == 1


def test_a_filter_that_can_not_be_read_is_wrong_usage(avio: Avio, stub: Stub) -> None:
    said = avio("jobs status:done nope", 2).stderr

    assert "FILTER: status: 'done' is unknown; it is one of queued, starting, running" in said
    assert "'nope' is not a term; the terms are status:, type:, path:" in said
    assert stub.requests == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("s", ["status:", "since:"]),
        ("status:s", ["status:starting", "status:stopping", "status:succeeded"]),
        ("type:ls,pre", ["type:ls,preload"]),
        ("path:/d", []),
        ("x", []),
    ],
)
def test_the_shell_completes_terms_and_their_values(typed: str, offered: list[str]) -> None:
    param = next(each for each in jobs_command.params if each.name == "terms")
    found = param.shell_complete(click.Context(jobs_command), typed)

    assert [item.value for item in found] == offered


def test_filters_reach_the_server_and_the_limit_holds(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(job_info(), job_info(), token="t"), page(job_info(), job_info(), token="u"))

    said = json.loads(avio("jobs --status running --status failed --type save --type ls --limit 3 --json").stdout)

    assert len(said["jobs"]) == 3
    first, second = (request.query for request in stub.requests)
    assert first == {"status": ["running", "failed"], "type": ["2", "0"], "pageSize": ["3"]}
    assert second["pageToken"] == ["t"]


def test_all_goes_on_to_the_last_page(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(*[job_info()] * 100, token="t"), page(job_info()))

    assert len(avio("jobs --all").stdout.splitlines()) == 101


def test_job_show_tells_all_about_one_job(avio: Avio, stub: Stub) -> None:
    error = {"reason": "GONE", "count": 1, "retryable": True, "hint": "", "samples": ["/data/\x07"]}
    job = job_info("partial", errors=[error], params={"alluxioUri": "/data", "fromFileList": False, "tier": "MEM"})
    stub.on("GET", f"/jobs/{JOB}", job)

    shown = avio(f"job show {JOB}").stdout

    assert "Status:   partial" in shown
    assert "--tier MEM" in shown
    assert "Errors:   GONE for 1, e.g. /data/\\x07" in shown
    assert json.loads(avio(f"job show {JOB} --json").stdout) == job


def test_job_show_tells_what_each_mover_has_done(avio: Avio, stub: Stub) -> None:
    shares = [{"files": 12, "bytes": 3 << 20, "cpuMs": 1250}, {"files": 1, "bytes": 0, "cpuMs": 40}]
    earlier = attempt_info(1, movers=[{"files": 7, "bytes": 7, "cpuMs": 7}])
    stub.on("GET", f"/jobs/{JOB}", job_detail(attempts=[attempt_info(2, movers=shares), earlier]))

    shown = [line.split(maxsplit=4) for line in avio(f"job show {JOB}").stdout.splitlines()]

    assert [line[4] for line in shown if line[0] == "Mover"] == [
        "12 files, 3.0 MiB, 1.2 s of processor time",
        "1 file, 0 B, 0.0 s of processor time",
    ]


@pytest.mark.parametrize("attempts", [[], [None]])
def test_job_show_says_nothing_of_movers_where_there_are_none(avio: Avio, stub: Stub, attempts: list[None]) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_detail(attempts=[attempt_info(1, movers=each) for each in attempts]))
    assert "Mover" not in avio(f"job show {JOB}").stdout


def test_a_unique_prefix_names_a_job(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(job_info(id=OTHER), token="t"), page(job_info()))
    stub.on("GET", f"/jobs/{JOB}", job_info())

    assert JOB in avio(f"job show {JOB[:12].lower()}").stdout


@pytest.mark.parametrize(
    "line", ["cancel ''", "job show ' '", "set '' --name x", "preload /data --after ''", "wait ''"]
)
def test_nothing_names_no_job_not_even_the_only_one(avio: Avio, stub: Stub, line: str) -> None:
    stub.on("GET", "/jobs", page(job_info()))
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping"))

    assert "the id of the job is empty" in avio(line, 2).stderr
    assert stub.requests == []


def test_a_prefix_of_several_jobs_is_wrong_usage_that_names_them(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(job_info(id=OTHER), job_info()))

    said = avio("job show 01JX7M", 2).stderr

    assert OTHER in said
    assert JOB in said


def test_a_prefix_of_no_job_leaves_with_6(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/jobs", page(job_info()))

    assert "no job id starts with ZZ" in avio("job show zz", 6).stderr


def test_last_is_the_newest_job_of_ones_own(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/whoami", whoami_info())
    stub.on("GET", "/jobs", page(job_info()))
    stub.on("GET", f"/jobs/{JOB}", job_info())

    avio("job show @last")

    assert stub.asked("GET", "/jobs")[0].query == {"uid": ["7"], "pageSize": ["1"]}


def test_last_without_any_job_leaves_with_6(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/whoami", whoami_info())
    stub.on("GET", "/jobs", PAGE_OF_NONE)

    assert "you have no jobs" in avio("watch @last", 6).stderr


def test_the_log_is_printed_line_by_line(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}/log", Reply([b"one\ntw", b"o \x1b[2J\nthree"], headers={"Content-Type": "text/plain"}))

    assert avio(f"log {JOB}").stdout == "one\ntwo \\x1b[2J\nthree\n"
    assert avio(f"log {JOB} --json").stdout.splitlines()[0] == '{"line": "one"}'


def test_a_log_that_breaks_off_is_no_success(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}/log", Reply([b"one\n", BREAK]))

    assert avio(f"log {JOB}", 5).stdout == "one\n"


def test_the_report_has_a_line_for_each_file(avio: Avio, stub: Stub) -> None:
    failed = report_line("/data/b", outcome="failed", bytes=0, tier=None, reason="GONE", message="it is gone", tries=3)
    stub.on("GET", f"/jobs/{JOB}", job_info("partial"))
    left = report_line("/data/c", outcome="left_out", bytes=0, tier=None, reason="SYMLINK", message="a link", tries=0)
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(failed), ndjson(left))

    assert avio(f"report {JOB} --failed").stdout.splitlines() == [
        "failed\t0\t-\t3\tGONE\t/data/b\tit is gone",
        "left_out\t0\t-\t0\tSYMLINK\t/data/c\ta link",
    ]
    assert [asked.query for asked in stub.requests[-2:]] == [{"outcome": ["failed"]}, {"outcome": ["left_out"]}]


def test_the_files_that_are_not_in_place_are_also_those_that_changed_on_both_sides(avio: Avio, stub: Stub) -> None:
    group = {"reason": "BOTH_CHANGED", "count": 1, "retryable": False, "hint": "compare both", "samples": ["/data/b"]}
    stub.on("GET", f"/jobs/{JOB}", job_info("partial", reason="BOTH_CHANGED", errors=[group]))
    kept = {"outcome": "kept", "tier": None}
    conflict = report_line("/data/b", reason="BOTH_CHANGED", message="both changed", **kept)
    unsaved = report_line("/data/a", reason=None, message="dirty", **kept)
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(), ndjson(), ndjson(unsaved, conflict))

    assert avio(f"report {JOB} --failed").stdout == "kept\t3072\t-\t1\tBOTH_CHANGED\t/data/b\tboth changed\n"
    assert [asked.query["outcome"] for asked in stub.requests[-3:]] == [["failed"], ["left_out"], ["kept"]]


def test_a_report_that_is_cut_is_printed_and_is_no_success(avio: Avio, stub: Stub) -> None:
    cut = {"cut": 9, "failed": 0, "message": "the report is cut: 9 more files are not in it"}
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(report_line("/data/b"), cut))

    run = avio(f"report {JOB} --json", 1)

    assert json.loads(run.stdout)["path"] == "/data/b"
    assert "9 more files are not in it" in run.stderr


def test_while_a_job_runs_its_report_names_the_files_that_have_failed_so_far(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}", job_info("running"))
    stub.on("GET", f"/jobs/{JOB}/failures", failure_page(failure("/data/b"), token="t"), failure_page(failure()))

    assert avio(f"report {JOB} --failed").stdout.splitlines() == [
        "failed\t0\t-\t2\tGONE\t/data/b\tit went",
        "failed\t0\t-\t2\tGONE\t/data/b.tar\tit went",
    ]
    assert [asked.query for asked in stub.asked("GET", f"/jobs/{JOB}/failures")] == [{}, {"pageToken": ["t"]}]
    assert stub.asked("GET", f"/jobs/{JOB}/report") == []


def test_a_name_with_a_line_separator_does_not_break_a_line_of_the_report(avio: Avio, stub: Stub) -> None:
    stub.on("GET", f"/jobs/{JOB}/report", ndjson(report_line("/data/a\u2028b\x85c"), report_line()))

    lines = [json.loads(line) for line in avio(f"report {JOB} --json").stdout.splitlines()]

    assert lines == [report_line("/data/a\u2028b\x85c"), report_line()]


@pytest.mark.parametrize("name", ["@last", JOB, JOB[:6].lower()])
def test_a_job_in_place_of_a_command_gets_told_how_to_show_it(avio: Avio, stub: Stub, name: str) -> None:
    said = " ".join(avio(f"job {name}", 2).stderr.split())

    assert said.endswith(f"To show the job write: avio job show {name}")
    assert stub.requests == []
    assert "To show the job" not in avio("job sow", 2).stderr


def test_a_live_list_needs_a_terminal(avio: Avio, stub: Stub) -> None:
    assert "-w needs a terminal" in avio("jobs -w", 2).stderr
    assert stub.requests == []
