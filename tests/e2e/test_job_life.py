"""The other ways to order a job, and to see what became of it: file lists, depth, tiers, ls and stat jobs."""

import json
from pathlib import Path

import pytest

from avio.client import follow
from avio.client.shapes import EntryInfo
from avio.wire.states import JobType
from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Stage

PLANNED = small_files(6, "planned")
TREE = small_files(30, "lists") | small_files(5, "deep/er/est") | {"deep/top.bin": b"top", "deep/er/mid.bin": b"mid"}
LOOKED_AT = small_files(250, "looked")
TRAINED = small_files(20, "trained")
CHECKED = {"checked/top.bin": b"top", "checked/d/mid.bin": b"mid"} | small_files(3, "checked/est")
CHOSEN = {
    "chosen/a.jpg": b"a",
    "chosen/big.jpg": b"b" * 5000,
    "chosen/c.tmp": b"c",
    "chosen/logs/d.jpg": b"d",
    "more/e.jpg": b"e",
    "more/f.jpg": b"f",
    "more/list": b"/data/more/f.jpg\0/data/chosen\0",
}


@pytest.fixture(scope="module")
def stage(calm_stage: Stage) -> Stage:
    upload(calm_stage.bucket, TREE | LOOKED_AT | TRAINED | CHOSEN | CHECKED | PLANNED)
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


def test_a_check_tells_of_each_file_whether_both_sides_have_it(stage: Stage) -> None:
    # Given a tree of which one file is cached, one was changed there, and one is only there
    assert stage.user.avio("preload", "/data/checked/top.bin", "/data/checked/d/mid.bin", "--wait").returncode == 0
    stage.cache.file("checked/d/mid.bin").write_bytes(b"MID")
    stage.cache.file("checked/new.bin").write_bytes(b"new")

    # When it is compared
    run = stage.user.avio("check", "/data/checked", "--exclude", "est/")

    # Then each file has a line, the code tells of the differences, and nothing was moved
    assert run.returncode == 3, run.stderr
    assert sorted(run.stdout.splitlines()) == [
        "* /data/checked/d/mid.bin",
        "+ /data/checked/new.bin",
        "= /data/checked/top.bin",
    ]
    job = stage.user.json("job", "show", "@last")
    assert (job["type"], job["status"], job["reason"]) == (5, "partial", "DIFFERENT")
    counted = {name: job["progress"][name]["files"] for name in ("total", "done", "different", "onlyInCache")}
    assert counted == {"total": 3, "done": 1, "different": 1, "onlyInCache": 1}
    assert (job["progress"]["percent"], job["progress"]["bytesWire"]) == (100.0, 0)
    assert stage.user.avio("check", "/data/checked/top.bin", "--verify", "checksum").returncode == 0
    [line] = stage.user.avio("report", job["id"], "--failed", "--json").stdout.splitlines()[:1]
    assert '"different"' in line


def test_a_dry_run_moves_nothing_and_its_plan_moves_exactly_what_it_says(stage: Stage, tmp_path: Path) -> None:
    # Given a plan of a tree, from which a person takes a line, and of which one object changes
    file = tmp_path / "plan.jsonl"
    run = stage.user.avio("preload", "/data/planned", "--dry-run", "--plan", str(file))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("would load 6 files, ")
    assert not stage.cache.names("planned")
    assert "none of your preloads" in stage.user.avio("free", "-r", "/data/planned").stderr
    header, *lines = file.read_text().splitlines(keepends=True)
    file.write_text(header + "".join(lines[1:]))
    changed, *rest = [json.loads(line)["path"].removeprefix("/data/") for line in lines[1:]]
    upload(stage.bucket, {changed: b"another version"})

    # When it is applied
    run = stage.user.avio("apply", str(file), "--wait")

    # Then the changed file is refused by its name, and the other lines are there, and nothing else
    assert run.returncode == 3, run.stderr
    assert f"VERSION_CHANGED for 1, e.g. /data/{changed}" in run.stderr
    assert stage.cache.names("planned") == set(rest)


def test_paths_rules_and_bounds_say_which_files(stage: Stage) -> None:
    rules = ["--exclude", "/logs/**", "--include", "*.jpg", "--exclude", "**", "--max-size", "4KiB"]
    run = stage.user.avio("preload", "/data/chosen", "/data/more/e.jpg", *rules, "--wait")

    assert run.returncode == 0, run.stderr
    assert "3 files excluded by filters" in run.stderr
    assert stage.cache.names("chosen") | stage.cache.names("more") == {"chosen/a.jpg", "more/e.jpg"}
    shown = stage.user.avio("job", "show", "@last").stdout
    assert "/data/chosen and 1 more" in shown
    assert "--exclude /logs/**, --include *.jpg, --exclude **, --max-size 4096" in shown
    assert stage.user.avio("free", "-r", "/data/chosen").returncode == 0


def test_a_list_in_the_bucket_says_which_files(stage: Stage) -> None:
    run = stage.user.avio("save", "--from-object", "/data/more/nowhere")
    assert (run.returncode, "/data/more/nowhere" in run.stderr) == (6, True)

    run = stage.user.avio("preload", "--from-object", "/data/more/list", "--exclude", "/data/chosen/logs/**", "--wait")

    assert run.returncode == 0, run.stderr
    assert {"more/f.jpg", "chosen/big.jpg", "chosen/c.tmp"} <= stage.cache.names("chosen") | stage.cache.names("more")
    assert not stage.cache.file("chosen/logs/d.jpg").exists()


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
