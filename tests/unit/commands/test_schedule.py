"""`avio schedule`: what reaches the server, and what people and programs see."""

import json
import os
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from avio.commands import main
from avio.terminal import tables, zones
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info, run_info, schedule_detail, schedule_info
from tests.unit.commands.stub import Reply, Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")
OTHER = JOB[:-1] + "P"
CREATE = "schedule create --cron '0 2 * * *' --tz Asia/Shanghai"
SUMMARY = "every day at 02:00 Asia/Shanghai; next 2026-05-03 02:00"


@pytest.fixture
def created(stub: Stub) -> Stub:
    stub.on("POST", "/schedules", Reply(schedule_info(), 201))
    return stub


def page(*found: dict[str, object]) -> dict[str, object]:
    return {"schedules": list(found), "nextPageToken": None}


def test_the_command_behind_the_dashes_is_the_job(avio: Avio, created: Stub) -> None:
    said = avio(f"{CREATE} --overlap queue --name nightly -- preload /data --depth 2 --exclude '*.tmp' --bandwidth 10M")

    (asked,) = created.requests
    assert asked.json == {
        "type": 1,
        "params": {"depth": 2, "bandwidth": 10_000_000, "filters": ["- *.tmp"], "alluxioUri": "/data"},
        "cron": "0 2 * * *",
        "timezone": "Asia/Shanghai",
        "name": "nightly",
        "overlap": "queue",
    }
    assert said.stdout == f"{JOB}\n"
    assert said.stderr == f"{SUMMARY}\n"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("-- save /a /b --overwrite newer", {"type": 2, "params": {"overwrite": "newer", "paths": ["/a", "/b"]}}),
        ("check /a --verify checksum", {"type": 5, "params": {"verify": "checksum", "alluxioUri": "/a"}}),
        (
            "-- preload --from-object /lists/a --name x",
            {"type": 1, "params": {"fromFileList": True, "fileListPath": "/lists/a"}, "name": "x"},
        ),
    ],
)
def test_any_job_that_moves_or_compares_files_can_be_scheduled(
    avio: Avio, created: Stub, order: str, expected: dict[str, object]
) -> None:
    avio(f"{CREATE} {order}")
    assert created.requests[0].json == {**expected, "cron": "0 2 * * *", "timezone": "Asia/Shanghai"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-- ls /data", "'ls' can't be scheduled; write -- preload|save|check PATH... [OPTION]..."),
        ("-- preload", "give either PATH, --from-file or --from-object"),
        ("-- preload /data --wait", "--wait has no effect on the jobs of a schedule; remove it"),
        ("-- preload /data --at 02:00", "--at has no effect on the jobs of a schedule"),
        (f"-- preload /data --after {JOB}", "--after has no effect on the jobs of a schedule"),
        ("-- check /data --no-wait", "--no-wait has no effect on the jobs of a schedule"),
        ("-- preload --from-file -", "the server keeps such a list for days only; use --from-object"),
        ("-- preload /data --dpth 1", "No such option"),
        ("", "Missing argument"),
    ],
)
def test_what_can_not_be_scheduled_is_wrong_usage(avio: Avio, stub: Stub, line: str, words: str) -> None:
    assert words in avio(f"{CREATE} {line}", 2).stderr
    assert stub.requests == []


def test_an_error_of_its_job_names_the_command_as_one_may_type_it(avio: Avio) -> None:
    said = avio(f"{CREATE} -- preload /data --dpth 1", 2).stderr

    assert "Usage: avio preload [OPTIONS] [PATH]..." in said
    assert "Try 'avio preload --help'" in said


def test_a_schedule_needs_a_cron_expression(avio: Avio) -> None:
    assert "Missing option '--cron'" in avio("schedule create -- preload /data", 2).stderr


def test_what_the_server_refuses_is_named_by_its_option(avio: Avio, stub: Stub) -> None:
    errors = [
        {"field": "timezone", "message": "is not a time zone"},
        {"field": "cron", "message": "has an invalid hour"},
    ]
    stub.on("POST", "/schedules", problem(400, "BAD_REQUEST", "the schedule is invalid", errors=errors))

    said = avio(f"{CREATE} -- preload /data", 2).stderr

    assert "--tz: is not a time zone" in said
    assert "--cron: has an invalid hour" in said


@pytest.mark.parametrize(
    ("tz", "target", "expected"),
    [
        ("Europe/Berlin", "/x", "Europe/Berlin"),
        (":Asia/Tokyo", "/x", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "/x", "Asia/Tokyo"),
        ("CST-8", "/usr/share/zoneinfo/Asia/Tokyo", None),
        ("", "/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("", "/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ("", "/etc/other", None),
    ],
)
def test_the_zone_of_the_machine_is_the_default(
    avio: Avio,
    created: Stub,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tz: str,
    target: str,
    expected: str | None,
) -> None:
    os.symlink(target, tmp_path / "localtime")
    monkeypatch.setattr(zones, "LOCALTIME", str(tmp_path / "localtime"))
    monkeypatch.setenv("TZ", tz)

    avio("schedule create --cron '0 2 * * *' -- preload /data")

    assert created.requests[0].json.get("timezone") == expected


def test_the_list_is_raw_to_programs_and_a_table_to_people(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"schedules": [schedule_info(lastJob=run_info("running"))], "nextPageToken": JOB}
    stub.on("GET", "/schedules", first, page(schedule_info(id=OTHER, name="", status="paused")), page(schedule_info()))

    assert avio("schedule list").stdout.splitlines() == [
        f"{JOB}\tnightly\tactive\tpreload /data\trunning\t{SUMMARY}",
        f"{OTHER}\t-\tpaused\tpreload /data\t-\t{SUMMARY}",
    ]
    assert json.loads(avio("schedule list --json").stdout) == {"schedules": [schedule_info()]}
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    heading, _ = avio("schedule list").stdout.splitlines()
    assert heading.split() == ["ID", "NAME", "STATUS", "JOB", "LAST", "WHEN"]


def test_a_schedule_is_shown_with_its_jobs(avio: Avio, stub: Stub) -> None:
    found = schedule_detail(run_info("running"), run_info(id=OTHER), status="paused", message="its user", nextTime=None)
    stub.on("GET", f"/schedules/{JOB}", found)

    said = avio(f"schedule show {JOB}").stdout

    lines = dict(line.split(":", 1) for line in said.splitlines() if not line.startswith("Job"))
    assert lines["When"].strip() == SUMMARY
    assert lines["Status"].strip() == "paused: its user"
    assert lines["Options"].strip() == "--depth 2"
    assert [line.split()[1:3] for line in said.splitlines() if line.startswith("Job")] == [
        [JOB, "running,"],
        [OTHER, "succeeded,"],
    ]
    assert json.loads(avio(f"schedule show {JOB} --json").stdout) == found


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("pause", {"paused": True}),
        ("resume", {"paused": False}),
        ("set --cron '0 3 * * *' --tz UTC", {"cron": "0 3 * * *", "timezone": "UTC"}),
        ("set --missed skip --overlap queue --name x", {"name": "x", "missed": "skip", "overlap": "queue"}),
    ],
)
def test_a_change_is_sent_and_the_outcome_said(avio: Avio, stub: Stub, line: str, changes: dict[str, object]) -> None:
    stub.on("PATCH", f"/schedules/{JOB}", schedule_detail())
    name, *rest = line.split(" ", 1)

    said = avio(f"schedule {name} {JOB} {' '.join(rest)}")

    assert stub.requests[0].json == changes
    assert said.stderr == f"{JOB} is active: {SUMMARY}\n"
    assert json.loads(avio(f"schedule {name} {JOB} {' '.join(rest)} --json").stdout) == schedule_detail()


def test_a_change_of_nothing_is_wrong_usage(avio: Avio) -> None:
    assert "give at least one of --cron, --tz" in avio(f"schedule set {JOB}", 2).stderr


def test_a_job_of_a_schedule_is_run_and_followed_as_any_other(avio: Avio, stub: Stub) -> None:
    stub.on("POST", f"/schedules/{JOB}/run", Reply(job_info("queued", id=OTHER), 202))

    said = avio(f"schedule run {JOB}")

    assert said.stdout == f"{OTHER}\n"
    assert stub.requests[0].headers["idempotency-key"]
    assert f"avio watch {OTHER}" in said.stderr


def test_a_schedule_is_deleted(avio: Avio, stub: Stub) -> None:
    stub.on("DELETE", f"/schedules/{JOB}", Reply(None, 204))

    assert avio(f"schedule delete {JOB.lower()}").stderr == f"deleted {JOB}\n"
    assert json.loads(avio(f"schedule delete {JOB} --json").stdout) == {"id": JOB}


def test_nothing_names_no_schedule_not_even_the_only_one(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/schedules", page(schedule_info()))
    stub.on("DELETE", f"/schedules/{JOB}", Reply(None, 204))

    assert "the id of the schedule is empty" in avio("schedule delete ''", 2).stderr
    assert stub.requests == []


def test_a_schedule_may_be_named_by_a_prefix_or_its_name(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/schedules", page(schedule_info(), schedule_info(id="02" + JOB[2:], name="weekly")))
    stub.on("PATCH", f"/schedules/02{JOB[2:]}", schedule_detail())

    avio("schedule pause weekly")
    avio("schedule pause 02j")

    assert len(stub.asked("PATCH", f"/schedules/02{JOB[2:]}")) == 2
    assert "'0' means several schedules" in avio("schedule pause 0", 2).stderr
    assert "no schedule has the name 'daily'" in avio("schedule pause daily", 6).stderr


@pytest.mark.parametrize(
    ("args", "incomplete", "expected"),
    [
        (["schedule"], "re", ["resume"]),
        (["schedule", "create", "--cron", "x", "--"], "p", ["preload"]),
        (["schedule", "pause"], JOB[:4], [JOB]),
        (["preload", "--after"], JOB[:4], [JOB]),
    ],
)
def test_the_shell_completes_commands_and_ids(
    stub: Stub, args: list[str], incomplete: str, expected: list[str]
) -> None:
    stub.on("GET", "/schedules", page(schedule_info()))
    stub.on("GET", "/jobs", {"jobs": [job_info()], "nextPageToken": None})

    found = ShellComplete(main, {}, "avio", "_AVIO_COMPLETE").get_completions(args, incomplete)

    assert [each.value for each in found] == expected
