"""`--dry-run`, `--plan` and `avio apply`: what would be done, in a file that a person may edit, and exactly that."""

import json
from pathlib import Path
from typing import Any

import pytest

from avio.commands import dry_run
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, file_list, job_detail, job_info, plan_info, plan_line
from tests.unit.commands.stub import Stub, ndjson, sse

pytestmark = pytest.mark.usefixtures("logged_in")

PARAMS = {"alluxioUri": "/data", "fromFileList": False, "planOf": "preload", "tier": "MEM", "depth": 2}
PLAN = '{"avioPlan": 1, "type": "preload", "params": {}}'
LINES = [plan_line("/data/a"), plan_line("/data/b", action="skip"), plan_line("/data/c")]


def plans(stub: Stub, *, lines: list[dict[str, Any]] = LINES, status: str = "succeeded", **changes: Any) -> None:
    """Let the stub make a plan."""
    told = {"type": 6, "params": PARAMS}
    ended = job_detail(status, attempts=[], plan=plan_info(**changes), **told)
    stub.on("POST", "/plans", job_info("queued", **told))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info(**told)), ("end", job_info(status, **told))))
    stub.on("GET", f"/jobs/{JOB}", ended)
    stub.on("GET", f"/jobs/{JOB}/result", ndjson(*lines))


def test_the_first_line_is_the_sentence_that_a_person_wants(avio: Avio, stub: Stub) -> None:
    plans(stub, warnings=[{"reason": "MANY_SMALL_FILES", "message": "pack them"}])

    said = avio("preload /data --dry-run --tier MEM --depth 2")

    first, *rest = said.stdout.splitlines()
    assert first == "would load 3 files, 3.0 MiB; 1 in place; 48 MiB free on MEM: fits; about 2m05s"
    assert "  to move:    3 files, 3.0 MiB" in rest
    assert "  excluded:   2" in rest
    assert f"  beside:     preload {JOB} of bob, running: /data/x" in rest
    assert "  note:       pack them (MANY_SMALL_FILES)" in rest
    [order] = stub.asked("POST", "/plans")
    assert order.json == {"type": 1, "params": {"alluxioUri": "/data", "tier": "MEM", "depth": 2}}
    assert not stub.asked("POST", "/preload")


def test_a_save_is_planned_too_and_without_history_has_no_time(avio: Avio, stub: Stub) -> None:
    plans(stub, summary="would save 1 file, 4 B", expectedSeconds=None, fits=None, tiers=[], jobs=[], moreJobs=True)

    said = avio("save /data --dry-run")

    assert said.stdout.splitlines()[0] == "would save 1 file, 4 B"
    assert said.stdout.splitlines()[-1] == "  beside:     more jobs"
    assert stub.asked("POST", "/plans")[0].json["type"] == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"fits": None}, 0),
        ({"fits": False}, 10),
        ({"warnings": [{"reason": "NOTHING_MATCHED", "message": "no file"}]}, 11),
    ],
)
def test_the_exit_code_tells_whether_it_fits_and_whether_anything_matches(
    avio: Avio, stub: Stub, changes: dict[str, Any], code: int
) -> None:
    plans(stub, **changes)

    avio("preload /data --dry-run", code)


def test_json_is_the_job_with_its_plan(avio: Avio, stub: Stub) -> None:
    plans(stub)

    assert json.loads(avio("preload /data --dry-run --json").stdout)["plan"] == plan_info()


def test_a_plan_that_fails_ends_as_any_job(avio: Avio, stub: Stub) -> None:
    plans(stub, status="failed")
    failed = job_info("failed", type=6, params=PARAMS, reason="PATH_NOT_FOUND", message="no such path")
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", failed)))

    assert "plan of /data: no such path" in avio("preload /data --dry-run", 6).stderr


def test_an_edited_plan_is_applied_line_by_line(avio: Avio, stub: Stub, tmp_path: Path) -> None:
    plans(stub)
    file = tmp_path / "plan.jsonl"
    said = avio(f"preload /data --dry-run --plan {file}")
    assert f"avio apply {file}" in said.stderr
    head, *lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert (head["avioPlan"], head["type"], head["job"]) == (1, "preload", JOB)
    assert lines == LINES
    lines[2]["action"] = "skip"
    file.write_text("".join(json.dumps(each) + "\n" for each in [head, *lines]) + "\n")
    stub.on("POST", "/filelists", file_list())
    stub.on("POST", "/jobs", job_info("queued"))

    assert avio(f"apply {file}").stdout == f"{JOB}\n"

    [sent] = stub.asked("POST", "/filelists")
    assert sent.query == {"separator": ["json"]}
    assert [json.loads(line) for line in sent.body.splitlines()] == [{"path": "/data/a", "version": '3-"e"'}]
    [order] = stub.asked("POST", "/jobs")
    params = {"fromFileList": True, "fileListId": JOB, "versions": True, "tier": "MEM"}
    assert order.json == {"type": 1, "params": params}


def test_a_plan_without_a_line_to_move_orders_nothing(avio: Avio, stub: Stub, tmp_path: Path) -> None:
    plans(stub, lines=[plan_line(action="keep")])
    file = tmp_path / "plan"
    avio(f"preload /data --dry-run --plan {file}")

    assert "nothing to move" in avio(f"apply {file}", 11).stderr
    assert not stub.asked("POST", "/filelists")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the plan is empty; write one with: avio preload PATH --dry-run --plan FILE"),
        ("{}\n", "line 1 is not the header of a plan"),
        ('{"avioPlan": 1, "type": [], "params": {}}\n', "line 1 is not the header of a plan"),
        ('{"avioPlan": 2, "type": "preload", "params": {}}\n', "by a later version of avio"),
        ('{"avioPlan": 1, "type": "preload", "params": {}}\nnonsense\n', "line 2 of the plan is not a JSON object"),
        ('{"avioPlan": 1, "type": "preload", "params": {}}\n{"action": "lode"}\n', "line 2 has no action"),
        (
            '{"avioPlan": 1, "type": "save", "params": {}}\n{"action": "save", "path": "/a"}\n',
            "line 2 has no version",
        ),
        (
            '{"avioPlan": 1, "type": "preload", "params": {}}\n{"action": "save", "path": "/a", "version": "1"}\n',
            "line 2 has the action save, but the plan is of a preload; write load or skip",
        ),
        (
            '{"avioPlan": 1, "type": "save", "params": {}}\n{"action": "load", "path": "/a", "version": "1"}\n',
            "line 2 has the action load, but the plan is of a save; write save or skip",
        ),
        *(
            (
                f'{PLAN}\n{{"action": "skip"}}\n{{"action": "load", "version": "1", {members}}}\n',
                f"line 3 of the plan can't be moved: {why}",
            )
            for members, why in [
                ('"path": "/data/../x"', "has a '..' part; write the full path; correct or remove it"),
                ('"path": "data"', "is not absolute"),
                ('"path": 5', "must have a path and a version"),
                ('"action": "load"', "is not a JSON object with path and version"),
                ('"path": "/a", "pathBytes": "?"', "has pathBytes that are not base64"),
            ]
        ),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_its_line(
    avio: Avio, stub: Stub, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "plan"
    file.write_text(text)

    assert words in avio(f"apply {file}", 2).stderr
    assert not stub.asked("POST", "/jobs")


def test_a_plan_that_is_cut_leaves_no_file(avio: Avio, stub: Stub, tmp_path: Path) -> None:
    plans(stub, lines=[plan_line(), {"cut": 3, "failed": 0, "message": "the result is cut"}])
    file = tmp_path / "plan"

    assert "the result is cut" in avio(f"preload /data --dry-run --plan {file}", 1).stderr
    assert list(tmp_path.glob("plan*")) == []


def test_a_plan_goes_with_a_dry_run_alone_and_into_a_directory_that_is_there(avio: Avio, tmp_path: Path) -> None:
    assert "--plan has no effect without --dry-run" in avio(f"preload /data --plan {tmp_path}/x", 2).stderr
    assert "there is no directory" in avio(f"save /data --dry-run --plan {tmp_path}/no/x", 2).stderr


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130)])
def test_whoever_leaves_a_dry_run_cancels_it(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    plans(stub)
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping", type=6))

    def leave(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(dry_run, "follow_to_end", leave)

    said = avio("preload /data --dry-run", code)

    assert len(stub.asked("POST", f"/jobs/{JOB}/cancel")) == 1
    assert f"the plan {JOB} is cancelled; nothing was moved" in said.stderr


def test_so_does_the_end_of_its_wait(avio: Avio, stub: Stub) -> None:
    plans(stub)
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", job_info(type=6, params=PARAMS))))
    stub.on("GET", f"/jobs/{JOB}", job_info(type=6, params=PARAMS))
    stub.on("POST", f"/jobs/{JOB}/cancel", job_info("stopping", type=6))

    said = avio("preload /data --dry-run --wait=1", 9)

    assert len(stub.asked("POST", f"/jobs/{JOB}/cancel")) == 1
    assert "the plan was cancelled" in said.stderr
    assert "the job continues" not in said.stderr
