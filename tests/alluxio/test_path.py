"""The path of `make demo` on a real cluster, at a user's terminal: a look, a preload, a new file, a save, the jobs."""

import subprocess

from avio.admin.demo import count_files, fill_bucket
from tests.alluxio.stage import END_LIMIT, Stage

PACKAGE = "/data/json"
NOTE = f"{PACKAGE}/note-of-the-demo.txt"
TEXT = b"written to the cache alone\n"


def test_from_the_bucket_into_the_cache_and_back(stage: Stage) -> None:
    stage.books.empty("/")
    bucket = stage.books.cluster.ufs / "data"
    files = fill_bucket(bucket)
    user = stage.user

    # What is in the bucket only is remote
    assert {entry["state"] for entry in user.json("ls", PACKAGE)["entries"]} == {"remote"}

    # A preload brings all of it into the cache
    _wait_for(user.begin("preload", "/data", "--wait"))
    entry = user.json("stat", "/data")
    assert (entry["state"], entry["cachedPercent"], entry["filesCached"]) == ("cached", 100, files)
    assert sum(entry["tiers"].values()) == entry["size"]
    assert stage.books.percents("/data") == {100: files}

    # What a training job writes is dirty, until a save brings it into the bucket
    stage.books.write(NOTE, TEXT)
    assert _states(stage)[NOTE] == "dirty"
    _wait_for(user.begin("save", PACKAGE, "--wait"))
    assert (bucket / NOTE.removeprefix("/data/")).read_bytes() == TEXT
    assert (_states(stage)[NOTE], count_files(bucket)) == ("cached", files + 1)
    assert user.json("stat", NOTE)["saved"] is True

    # And the jobs tell of it
    jobs = user.json("jobs", "--limit", "2")["jobs"]
    assert [(job["type"], job["status"]) for job in jobs] == [(2, "succeeded"), (1, "succeeded")]
    assert jobs[1]["progress"]["done"]["files"] == files


def _wait_for(command: "subprocess.Popen[str]") -> None:
    _, said = command.communicate(timeout=END_LIMIT)
    assert command.returncode == 0, said


def _states(stage: Stage) -> dict[str, str]:
    return {entry["path"]: entry["state"] for entry in stage.user.json("ls", PACKAGE)["entries"]}
