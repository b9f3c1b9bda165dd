"""The path of `make demo` on a real cluster, at a user's terminal: a look, a preload, a new file, a save, the jobs."""

import subprocess
import sysconfig
from pathlib import Path

import obstore

from tests.alluxio.server_on_cluster import END_LIMIT, Stage
from tests.e2e.file_trees import upload

PACKAGES = ("asyncio", "email", "encodings", "json", "xml")  # of Python's standard library
PACKAGE = "/s3/data/json"
NOTE = f"{PACKAGE}/note-of-the-demo.txt"
TEXT = b"written to the cache alone\n"


def test_from_the_bucket_into_the_cache_and_back(stage: Stage) -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = [file for package in PACKAGES for file in (library / package).rglob("*.py")]
    tree = {f"data/{file.relative_to(library)}": file.read_bytes() for file in sources}
    upload(stage.bucket, tree)
    user = stage.user

    # What is in the bucket only is remote
    assert {entry["state"] for entry in user.json("ls", PACKAGE)["entries"]} == {"remote"}

    # A preload brings all of it into the cache
    _wait_for(user.begin("preload", "/s3/data", "--wait"))
    entry = user.json("stat", "/s3/data")
    assert (entry["state"], entry["cachedPercent"], entry["filesCached"]) == ("cached", 100, len(tree))
    assert sum(entry["tiers"].values()) == entry["size"] == sum(map(len, tree.values()))
    assert stage.books.percents("/s3/data") == {100: len(tree)}

    # What a training job writes is dirty, until a save brings it into the bucket
    stage.books.cluster.write(NOTE, TEXT)
    assert _states(stage)[NOTE] == "dirty"
    _wait_for(user.begin("save", PACKAGE, "--wait"))
    assert bytes(obstore.get(stage.bucket, NOTE.removeprefix("/s3/")).bytes()) == TEXT
    assert _states(stage)[NOTE] == "cached"
    assert user.json("stat", NOTE)["saved"] is True

    # And the jobs tell of it
    jobs = user.json("jobs", "--limit", "2")["jobs"]
    assert [(job["type"], job["status"]) for job in jobs] == [(2, "succeeded"), (1, "succeeded")]
    assert jobs[1]["progress"]["done"]["files"] == len(tree)


def _wait_for(command: "subprocess.Popen[str]") -> None:
    _, said = command.communicate(timeout=END_LIMIT)
    assert command.returncode == 0, said


def _states(stage: Stage) -> dict[str, str]:
    return {entry["path"]: entry["state"] for entry in stage.user.json("ls", PACKAGE)["entries"]}
