"""No file is ever half there under its final name: SIGKILL at random moments, and the order of system calls."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.process.programs.as_user import ROOT
from tests.process.programs.copy_files import FILES

SEED = 20
LIMIT = 280.0

CALLS = (
    "openat,openat2,write,pwrite64,copy_file_range,sendfile,splice,ftruncate,fsync,fdatasync,rename,renameat,renameat2"
)
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
DESCRIPTOR = re.compile(r"\d+<([^>]*)>")
WRITING = {"write", "pwrite64", "ftruncate", "copy_file_range", "sendfile", "splice"}


def copy(directory: Path, verb: str, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.process.programs.copy_files", str(directory), verb, str(rounds), str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


@pytest.mark.parametrize("verb", ["preload", "save"])
@pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.faults)])
def test_a_file_is_never_torn_whenever_its_copier_is_killed(tmp_path: Path, verb: str, rounds: int) -> None:
    counts = copy(tmp_path, verb, rounds)

    assert counts["torn"] == []
    assert counts["rounds"] == rounds
    assert counts["killed"] > rounds / 4  # or else nothing was tried
    assert counts["left"] > rounds / 10  # and it was in the middle of files
    assert counts["renewed"] > 0
    assert counts["left_in_the_end"] == 0


@pytest.mark.faults
def test_the_kills_would_tear_files_that_are_written_under_their_final_names(tmp_path: Path) -> None:
    assert copy(tmp_path, "naive", 40)["torn"] != []


@dataclass(frozen=True)
class Call:
    """A system call that succeeded: its name, its arguments, and the paths of the descriptors among them."""

    name: str
    arguments: str
    paths: list[str]

    @property
    def names(self) -> list[str]:
        """The strings among its arguments."""
        return re.findall(r'"([^"]*)"', self.arguments)


def trace(directory: Path, verb: str) -> list[list[Call]]:
    """Return the calls of each thread of a copier, in order."""
    if shutil.which("strace") is None:
        missing("there is no strace; apt-get install strace")
    logs = directory / "trace"
    logs.mkdir()
    world = directory / "world"
    world.mkdir()
    command = [sys.executable, "-m", "tests.process.programs.copy_files", str(world), verb, "0", "0"]
    strace = ["strace", "-ff", "-y", "-s", "16", "-e", f"trace={CALLS}", "-o", str(logs / "thread")]
    subprocess.run([*strace, *command], cwd=ROOT, check=True, timeout=60)
    return [_calls(log.read_text()) for log in logs.iterdir()]


def _calls(text: str) -> list[Call]:
    matches = [match for match in map(CALL.match, text.splitlines()) if match and int(match[3]) >= 0]
    return [Call(match[1], match[2], DESCRIPTOR.findall(match[2])) for match in matches]


def renames(threads: list[list[Call]], root: Path) -> dict[str, tuple[list[Call], int]]:
    """Return, by final path, the thread and the place in it where a file below `root` got its name."""
    found = {}
    for calls in threads:
        for place, call in enumerate(calls):
            if call.name.startswith("rename") and "/.avio/" in call.paths[0]:
                found[f"{call.paths[1]}/{call.names[-1]}"] = (calls, place)
    return {path: at for path, at in found.items() if path.startswith(str(root))}


@pytest.mark.parametrize(("verb", "side"), [("save", "bucket"), ("preload", "tiers/MEM/data")])
def test_bytes_are_on_disk_before_the_name_is_final(tmp_path: Path, verb: str, side: str) -> None:
    root = tmp_path.resolve() / "world" / side

    named = renames(trace(tmp_path, verb), root)

    assert sorted(named) == [f"{root}/{name}" for name in FILES]
    for calls, place in named.values():
        temporary = f"{calls[place].paths[0]}/{calls[place].names[0]}"
        of_file = [(number, call.name) for number, call in enumerate(calls) if temporary in call.paths]
        writes = [number for number, name in of_file if name in WRITING]
        synced = [number for number, name in of_file if name == "fsync"]
        assert writes, temporary
        assert max(writes) < synced[-1] < place, of_file


def test_a_saved_name_is_on_disk_too_and_so_are_the_directories_that_were_made_for_it(tmp_path: Path) -> None:
    root = tmp_path.resolve() / "world" / "bucket"

    threads = trace(tmp_path, "save")
    named = renames(threads, root)

    for path, (calls, place) in named.items():
        following = calls[place + 1]
        assert (following.name, following.paths) == ("fsync", [str(Path(path).parent)])
    synced = [call.paths[0] for calls in threads for call in calls if call.name == "fsync"]
    assert str(root) in synced
