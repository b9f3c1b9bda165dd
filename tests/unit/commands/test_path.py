"""`avio path`: prints a local path that a program may trust, or nothing, with the reason and code 6."""

import json
from typing import Any

import pytest

from avio.commands.entries import LEFT_OUT
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, entry_info, entry_page, job_info
from tests.unit.commands.stub import Reply, Stub, problem, sse

pytestmark = pytest.mark.usefixtures("logged_in")

LOCAL = "/ssd/avio/data/train"


def directory(state: str = "cached", local: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return the EntryInfo of a directory of four files."""
    known = {"kind": "directory", "state": state, "files": 4, "filesCached": 4, "localPath": local}
    return entry_info("/data/train", **{**known, **changes})


def test_the_local_path_is_all_that_is_printed(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory(local=LOCAL))

    run = avio("path /data/train")

    assert (run.stdout, run.stderr) == (f"{LOCAL}\n", "")
    told = json.loads(avio("path /data/train --json").stdout)
    assert told == {"path": "/data/train", "state": "cached", "localPath": LOCAL}


def test_files_that_are_left_out_are_said_and_are_no_success(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory(local=LOCAL, leftOut=3))

    run = avio("path /data/train", 3)

    assert run.stdout == f"{LOCAL}\n"
    assert run.stderr.startswith(f"3 left out below /data/train: {LEFT_OUT}")
    run = avio("path /data/train --json", 3)
    assert (json.loads(run.stdout)["localPath"], run.stderr.partition(" ")[0]) == (LOCAL, "3")


@pytest.mark.parametrize(
    ("entry", "cure"),
    [
        (
            entry_info("/data/f", state="gone", saved=False),
            "touch its copy on tier MEM, then: avio save /data/f; or drop it: avio free /data/f",
        ),
        (directory("stale", saved=False), "avio ls -R /data/train shows which are gone"),
        (directory("dirty", saved=False), "avio ls -R /data/train shows which"),
    ],
)
def test_no_preload_is_suggested_for_what_the_bucket_deleted(
    avio: Avio, stub: Stub, entry: dict[str, Any], cure: str
) -> None:
    stub.on("GET", "/stat", entry)

    said = avio("path /data/train", 6).stderr

    assert "deleted in the bucket" in said
    assert cure in said.splitlines()[-1]
    assert "preload" not in said


@pytest.mark.parametrize(
    ("name", "raw", "word"),
    [
        ("my depth=3 set", None, "'/data/my depth=3 set'"),
        ("a\nb", None, r"$'/data/a\x0ab'"),
        ("%FF", "L2RhdGEv/w==", r"$'/data/\xff'"),
    ],
)
def test_a_path_in_a_suggested_command_is_quoted(avio: Avio, stub: Stub, name: str, raw: str, word: str) -> None:
    remote = entry_info(f"/data/{name}", pathBytes=raw, state="remote", kind="directory", filesCached=0)
    stub.on("GET", "/stat", remote)
    assert avio("path /data/x", 6).stderr.splitlines()[-1] == f"try:     avio preload {word} --wait"

    stub.on("GET", "/stat", remote | {"state": "cached", "localPath": "/ssd/x", "leftOut": 1})
    assert avio("path /data/x", 3).stderr.endswith(f"; avio ls -R {word} counts them\n")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (directory("remote", filesCached=0), "it is not in the cache"),
        (directory("partial", filesCached=3), "3 of 4 files are in the cache"),
        (directory("dirty", filesCached=3), "3 of 4 files are in the cache"),
        (directory("stale"), "the bucket has a newer version"),
        (directory("conflict"), "changed in the bucket and in the cache"),
        (directory("dirty"), "changed in bucket and cache"),
        (directory(tiers={"MEM": 1}), "the cache has no directory on the node"),
        (directory(tiers={"MEM": 1}, pathBytes="L2RhdGE="), "its name is not UTF-8"),
    ],
)
def test_without_a_local_path_nothing_is_printed_and_the_reason_is_said(
    avio: Avio, stub: Stub, entry: dict[str, Any], why: str
) -> None:
    stub.on("GET", "/stat", entry)

    run = avio("path /data/train", 6)

    assert run.stdout == ""
    assert why in run.stderr
    assert "try:" in run.stderr


def test_json_is_printed_without_a_local_path_too(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory("remote", filesCached=0))

    assert json.loads(avio("path /data/train --json", 6).stdout)["localPath"] is None


def test_a_cache_that_did_not_answer_is_worth_another_try(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory("unknown", files=None, filesCached=None))

    assert "did not answer" in avio("path /data/train", 5).stderr


def test_a_path_that_is_nowhere_ends_with_the_same_code(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(404, "PATH_NOT_FOUND", "/data/train is neither in its bucket nor in the cache"))

    assert avio("path /data/train", 6).stdout == ""


def stat_job(status: str, **changes: Any) -> dict[str, Any]:
    return job_info(status, type=3, **changes)


def test_a_very_large_directory_is_looked_at_by_a_job(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(413, "TOO_LARGE", "/data/train has more than 100000 files"))
    stub.on("POST", "/jobs", Reply(stat_job("queued"), 202))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", stat_job("succeeded"))))
    stub.on("GET", f"/jobs/{JOB}/result", Reply(json.dumps(directory(local=LOCAL)) + "\n"))

    assert avio("path /data/train --progress none").stdout == f"{LOCAL}\n"
    assert stub.asked("POST", "/jobs")[0].json == {"type": 3, "params": {"alluxioUri": "/data/train"}}


def test_the_code_of_a_job_that_failed_is_kept(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(413, "TOO_LARGE", "/data/train has more than 100000 files"))
    stub.on("POST", "/jobs", Reply(stat_job("queued"), 202))
    stub.on("GET", f"/jobs/{JOB}/events", sse(("end", stat_job("failed", reason="ENGINE_AWAY", message="no bucket"))))

    run = avio("path /data/train --progress none", 5)

    assert (run.stdout, "no bucket" in run.stderr) == ("", True)


def test_files_on_several_tiers_are_named_with_the_tier_that_has_most(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory(tiers={"MEM": 1024, "SSD": 2048}))
    files = [entry_info(f"/data/train/{number}", tiers={"MEM" if number < 7 else "SSD": 9}) for number in range(9)]
    stub.on("GET", "/list", entry_page(*files[:4], token="next"), entry_page(*files[4:]))

    said = avio("path /data/train", 6).stderr

    assert "on several tiers: MEM 1.0 KiB, SSD 2.0 KiB; 7 files not on SSD: /data/train/0, /data/train/1" in said
    assert "try:     avio preload /data/train --tier SSD --wait" in said


def test_a_file_in_conflict_on_another_tier_is_settled_first(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", directory(tiers={"MEM": 1024, "SSD": 2048}))
    stub.on("GET", "/list", entry_page(entry_info("/data/train/a b", tiers={"MEM": 9}, state="conflict")))

    said = avio("path /data/train", 6).stderr

    assert "try:     avio save '/data/train/a b' --on-conflict overwrite, if the cached one is right; then: " in said


AWAY = problem(503, "ENGINE_AWAY", "s3://b: no answer", cure="check that the store is up", retry_after=99)


def cached_alone(path: str = "/data/train", files: int = 4, **changes: Any) -> dict[str, Any]:
    """Return the EntryInfo of what the tiers have."""
    unknown = {
        "cachedBytes": files << 20,
        "size": None,
        "files": None,
        "saved": None,
        "cachedPercent": None,
        "modified": None,
    }
    return entry_info(path, kind="directory", state="unknown", filesCached=files, **{**unknown, **changes})


@pytest.mark.parametrize(
    ("job", "now", "code"),
    [
        (job_info("succeeded", params={"alluxioUri": "/data/train"}, localPath=LOCAL), 4, 0),
        (job_info("succeeded", params={"alluxioUri": "/data"}, localPath="/ssd/avio/data"), 4, 0),
        (job_info("succeeded", params={"alluxioUri": "/data/train"}, localPath=LOCAL), 3, 3),  # one was dropped
        (job_info("succeeded", params={"alluxioUri": "/data/train"}, localPath=None), 4, 3),  # freed since
        (job_info("succeeded", params={"alluxioUri": "/data", "depth": 1}, localPath="/ssd/avio/data"), 4, 3),
        (job_info("succeeded", params={"alluxioUri": "/data/tr"}, localPath="/ssd/avio/data/tr"), 4, 3),
        (None, 4, 3),
    ],
    ids=["whole", "above", "one dropped", "freed since", "not all levels", "other path", "no job"],
)
def test_while_the_bucket_is_away_the_tiers_alone_tell(
    avio: Avio, stub: Stub, job: dict[str, Any] | None, now: int, code: int
) -> None:
    stub.on("GET", "/stat", AWAY, cached_alone(files=now, localPath=LOCAL))
    stub.on("GET", "/jobs", {"jobs": [job] if job else [], "nextPageToken": None})

    run = avio("path /data/train", code)

    assert run.stdout == f"{LOCAL}\n"
    assert f"the bucket does not answer (ENGINE_AWAY): {now} cached files" in run.stderr
    assert ("brought all of them" in run.stderr) == (code == 0)
    assert stub.asked("GET", "/stat")[1].query["cachedOnly"] == ["true"]


def test_what_is_not_cached_while_the_bucket_is_away_has_the_buckets_error(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", AWAY, problem(404, "PATH_NOT_FOUND", "nothing is cached at /data/train"))

    run = avio("path /data/train", 5)

    assert (run.stdout, "s3://b: no answer (ENGINE_AWAY)" in run.stderr) == ("", True)
