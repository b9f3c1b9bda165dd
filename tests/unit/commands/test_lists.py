"""`avio lists`: what is shown on a terminal and what to programs, and what is deleted."""

import json

import pytest

from avio.terminal import tables
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, file_list
from tests.unit.commands.stub import Reply, Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")
OTHER = JOB[:-1] + "P"


def test_all_pages_are_shown_raw_to_programs(avio: Avio, stub: Stub) -> None:
    first = {"fileLists": [file_list()], "nextPageToken": JOB}
    last = {"fileLists": [file_list(OTHER, complete=False)], "nextPageToken": None}
    stub.on("GET", "/filelists", first, last, first, last)

    assert avio("lists").stdout.splitlines() == [
        f"{JOB}\t2\t4096\tyes\t2026-05-02T11:40:00.000+08:00",
        f"{OTHER}\t2\t4096\tno\t2026-05-02T11:40:00.000+08:00",
    ]
    assert [one["fileListId"] for one in json.loads(avio("lists --json").stdout)["fileLists"]] == [JOB, OTHER]
    assert [asked.query for asked in stub.asked("GET", "/filelists")] == [{}, {"pageToken": [JOB]}] * 2


def test_people_get_a_table(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    stub.on("GET", "/filelists", {"fileLists": [file_list()], "nextPageToken": None})

    heading, row = (line.split() for line in avio("lists").stdout.splitlines())

    assert heading == ["ID", "PATHS", "SIZE", "COMPLETE", "UPLOADED"]
    assert row == [JOB, "2", "4.0", "KiB", "yes", "2026-05-02", "11:40:00+08:00"]


def test_lists_are_deleted_one_after_the_other(avio: Avio, stub: Stub) -> None:
    for list_id in (JOB, OTHER):
        stub.on("DELETE", f"/filelists/{list_id}", Reply(None, 204))

    run = avio(f"lists --delete {JOB.lower()} --delete {OTHER}")

    assert [request.path for request in stub.requests] == [f"/filelists/{JOB}", f"/filelists/{OTHER}"]
    assert run.stderr.splitlines()[-1] == f"deleted {OTHER}"
    assert run.stdout == ""


def test_a_list_in_use_is_told_and_no_further_one_is_deleted(avio: Avio, stub: Stub) -> None:
    refusal = problem(
        409, "CONFLICT", "file list X is used by a job that has not ended", cure="wait until the job ends"
    )
    stub.on("DELETE", f"/filelists/{JOB}", refusal)

    run = avio(f"lists --delete {JOB} --delete {OTHER}", 1)

    assert "is used by a job" in run.stderr
    assert len(stub.requests) == 1


def test_what_is_not_an_id_is_wrong_usage_and_nothing_is_deleted(avio: Avio, stub: Stub) -> None:
    assert "is not the id of a file list" in avio(f"lists --delete {JOB} --delete ../jobs", 2).stderr
    assert stub.requests == []
