"""The other ways to order a job, and to see what became of it: file lists, depth, tiers, ls and stat jobs."""

from pathlib import Path

import pytest

from avio.client import follow
from avio.client.shapes import EntryInfo
from avio.wire.states import JobType
from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Stage

TREE = small_files(30, "lists") | small_files(5, "deep/er/est") | {"deep/top.bin": b"top", "deep/er/mid.bin": b"mid"}
LOOKED_AT = small_files(250, "looked")
TRAINED = small_files(20, "trained")


@pytest.fixture(scope="module")
def stage(calm_stage: Stage) -> Stage:
    upload(calm_stage.bucket, TREE | LOOKED_AT | TRAINED)
    return calm_stage


def test_a_file_list_is_uploaded_and_a_path_in_it_that_leads_nowhere_is_named(stage: Stage, tmp_path: Path) -> None:
    # Given a list of 12 files, one of which is not there
    names = sorted(name for name in TREE if name.startswith("lists/"))[:11]
    file = tmp_path / "list"
    file.write_text("".join(f"/data/{name}\n" for name in [*names, "lists/nowhere.bin"]))

    # When it is preloaded
    run = stage.user.avio("preload", "--from-file", str(file), "--wait")

    # Then those that are there are cached, and the other is reported
    assert run.returncode == 3, run.stderr
    job = stage.user.json("job", "show", "@last")
    assert (job["status"], job["params"]["fromFileList"]) == ("partial", True)
    assert (job["progress"]["done"]["files"], job["progress"]["failed"]["files"]) == (11, 1)
    assert stage.cache.names("lists") == set(names)
    [line] = stage.user.avio("report", "@last", "--failed").stdout.splitlines()
    assert line.split("\t")[4:6] == ["PATH_NOT_FOUND", "/data/lists/nowhere.bin"]
    assert len(stage.user.avio("report", "@last").stdout.splitlines()) == 12


def test_depth_and_tier_say_how_far_down_and_where_to(stage: Stage) -> None:
    run = stage.user.avio("preload", "/data/deep", "--depth", "2", "--tier", "SSD", "--wait")

    assert run.returncode == 0, run.stderr
    assert stage.cache.names("deep") == {"deep/top.bin", "deep/er/mid.bin"}
    assert stage.cache.file("deep/top.bin", tier="SSD").read_bytes() == b"top"
    assert stage.user.json("stat", "/data/deep")["tiers"] == {"SSD": 6}


def test_a_local_path_is_printed_once_all_of_it_is_there_to_read(stage: Stage) -> None:
    # Given a directory that is in the bucket alone
    run = stage.user.avio("path", "/data/trained")
    assert (run.returncode, run.stdout) == (6, "")
    assert "avio preload /data/trained --wait" in run.stderr

    # When it is preloaded
    assert stage.user.avio("preload", "/data/trained", "--wait").returncode == 0

    # Then the command and the job name the directory that a program reads, with all of its files
    run = stage.user.avio("path", "/data/trained")
    assert run.returncode == 0, run.stderr
    local = Path(run.stdout.removesuffix("\n"))
    assert stage.user.json("job", "show", "@last")["localPath"] == str(local)
    found = {f"trained/{file.relative_to(local)}": file.read_bytes() for file in local.rglob("*") if file.is_file()}
    assert found == TRAINED


def test_list_and_stat_give_as_jobs_what_they_give_as_tasks(stage: Stage) -> None:
    # Given a directory, as the tasks see it
    with stage.user.client() as client:
        listed, stated = client.list("/data/looked")["entries"], client.stat("/data/looked")

        # When it is looked at by jobs
        jobs = [client.submit(kind, {"alluxioUri": "/data/looked"}) for kind in (JobType.LS, JobType.STAT)]
        for job in jobs:
            [*_, ended] = follow(client, job["id"], limit=20)
            assert ended["status"] == "succeeded"

        # Then their results are the same
        results = [list(client.result(job["id"])) for job in jobs]
    assert _sorted(results[0]) == _sorted(listed)
    assert results[1] == [stated]


def test_a_free_job_drops_what_a_preload_brought_and_says_so_file_by_file(stage: Stage) -> None:
    # Given a directory that the user has preloaded, and another one beside it
    names = {name for name in TREE if name.startswith("lists/")}
    for folder in ("lists", "deep"):
        assert stage.user.avio("preload", f"/data/{folder}", "--wait").returncode == 0

    # When the first is freed by a job
    with stage.user.client() as client:
        job = client.free("/data/lists", recursive=True, as_job=True)
        assert "id" in job
        [*_, ended] = follow(client, job["id"], limit=20)

    # Then it is gone from the cache, each file is in the report, and nothing else was touched
    assert (ended["type"], ended["status"], ended["message"]) == (4, "succeeded", f"{len(names)} files freed")
    assert ended["progress"]["done"]["files"] == len(names)
    assert stage.cache.names("lists") == set()
    assert stage.cache.names("deep")
    lines = [line.split("\t") for line in stage.user.avio("report", job["id"]).stdout.splitlines()]
    assert {(line[0], line[5]) for line in lines} == {("done", f"/data/{name}") for name in names}
    assert stage.user.json("stat", "/data/lists")["state"] == "remote"


def _sorted(entries: list[EntryInfo]) -> list[EntryInfo]:
    return sorted(entries, key=lambda entry: entry["path"])
