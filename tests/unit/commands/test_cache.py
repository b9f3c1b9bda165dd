"""`avio free` and `avio tiers`: what is asked, what is shown on a terminal and what to programs."""

import json
from typing import Any

import pytest

from avio.terminal import tables
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, freed_info, job_info, tier_list
from tests.unit.commands.stub import Reply, Stub, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in")


def test_a_free_says_what_was_dropped(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", freed_info())

    run = avio("free -r /data/train")

    assert run.exit_code == 0
    assert run.stderr == "freed /data/train: 2 files, 4.0 KiB\n"
    (asked,) = stub.asked("POST", "/free")
    assert asked.json == {"alluxioUri": "/data/train", "recursive": True}


def test_one_freed_file_is_one(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", {"path": "/data/a", "files": 1, "bytes": 4096})

    assert avio("free /data/a").stderr == "freed /data/a: 1 file, 4.0 KiB\n"


def test_a_free_says_how_many_files_are_nowhere_now(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", freed_info() | {"gone": 1})

    said = "freed /data/train: 2 files, 4.0 KiB; 1 of them had been deleted in the bucket\n"
    assert avio("free -r /data/train").stderr == said


def test_a_free_by_a_job_says_so_too(avio: Avio, stub: Stub) -> None:
    said = "2 of them had been deleted in the bucket"
    stub.on("POST", "/free", Reply(free_job(), 202))
    end = free_job("succeeded", message=f"4 files freed; {said}")
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", end)))

    assert avio("free -r /data/train --progress none").stderr == f"freed /data/train: 4 files, 4.0 MiB; {said}\n"


def test_a_free_is_of_one_file_unless_told_otherwise(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", freed_info())

    assert json.loads(avio("free /data/train --json").stdout) == freed_info()
    assert stub.asked("POST", "/free")[0].json == {"alluxioUri": "/data/train", "recursive": False}


def test_what_is_not_saved_fails_with_the_cure(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", problem(409, "NOT_SAVED", "/data/x is not saved: nothing is freed", cure="save it first"))

    run = avio("free /data/x", 1)

    assert "NOT_SAVED" in run.stderr
    assert "save it first" in run.stderr


def free_job(status: str = "queued", **changes: Any) -> dict[str, Any]:
    """Return the JobInfo of a free."""
    return job_info(status, type=4, params={"alluxioUri": "/data/train", "fromFileList": False}, **changes)


def test_a_free_that_becomes_a_job_is_followed_to_its_end(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", Reply(free_job(), 202))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("snapshot", free_job("running")), ("end", free_job("succeeded"))))

    run = avio("free -r /data/train --progress lines")

    first, *_, last = run.stderr.splitlines()
    assert f"free {JOB} running" in first
    assert last == "freed /data/train: 4 files, 4.0 MiB"
    assert run.stdout == ""


def test_a_free_by_a_job_has_the_same_json(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/free", Reply(free_job(), 202))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", free_job("succeeded"))))

    freed = json.loads(avio("free -r /data/train --json --progress none").stdout)

    assert freed == {"path": "/data/train", "files": 4, "bytes": 4 << 20}


@pytest.mark.parametrize(("status", "code"), [("failed", 1), ("partial", 3), ("cancelled", 8)])
def test_a_free_job_that_does_not_succeed_gives_its_exit_code(avio: Avio, stub: Stub, status: str, code: int) -> None:
    ended = free_job(status, reason="NOT_SAVED", message="/data/x is not saved")
    stub.on("POST", "/free", Reply(free_job(), 202))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", ended)))

    run = avio("free -r /data/train --progress none", code)

    assert "/data/x is not saved" in run.stderr
    assert "freed" not in run.stderr


def test_programs_get_the_tiers_raw(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/tiers", tier_list())

    assert avio("tiers").stdout.splitlines() == [
        "MEM\t67108864\t16777216\t0\t50331648\t25.0\t10.0.0.1:29999",
        "SSD\t1024\t0\t0\t1024\t0.0\t-",
    ]
    assert json.loads(avio("tiers --json").stdout) == tier_list()


def test_people_get_the_tiers_as_a_table(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    stub.on("GET", "/tiers", tier_list())

    heading, first, second = (line.split() for line in avio("tiers").stdout.splitlines())

    assert heading == ["TIER", "CAPACITY", "USED", "RESERVED", "FREE", "USED%", "WORKER"]
    assert first == ["MEM", "64", "MiB", "16", "MiB", "0", "B", "48", "MiB", "25%", "10.0.0.1:29999"]
    assert second == ["SSD", "1.0", "KiB", "0", "B", "0", "B", "1.0", "KiB", "0%", "-"]
