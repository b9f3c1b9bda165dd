"""The lock of a spool: one process has it, forks leave it alone, and its id stays."""

import subprocess
import sys
from pathlib import Path

LIMIT = 20.0

HOLD = """
import os, sys
from pathlib import Path
from supervisor.keeper import spool_lock
spool_lock.WAIT_SECONDS = 0.2
try:
    print(spool_lock.lock_spool(Path(sys.argv[1])), flush=True)
except ValueError as error:
    sys.exit(str(error))
if (child := os.fork()) == 0:
    os.closerange(3, 100)  # as a job process does
    os._exit(0)
os.waitpid(child, 0)
print("forked", flush=True)
sys.stdin.read()
"""


def holder(root: Path) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, root], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=Path.cwd()
    )


def test_one_process_has_a_spool_and_the_next_one_finds_its_id(tmp_path: Path) -> None:
    first = holder(tmp_path / "n1")
    assert first.stdout is not None
    identity = first.stdout.readline()
    assert first.stdout.readline() == "forked\n"

    second = holder(tmp_path / "n1")
    _, words = second.communicate(timeout=LIMIT)
    assert second.returncode == 1
    assert f"another supervisor named n1 uses the spool {tmp_path / 'n1'}" in words
    other = holder(tmp_path / "n2")
    told, _ = other.communicate(timeout=LIMIT)

    first.kill()
    first.communicate(timeout=LIMIT)
    third = holder(tmp_path / "n1")
    found, _ = third.communicate(timeout=LIMIT)
    assert found == f"{identity}forked\n"
    assert len(identity) == 33
    assert not told.startswith(identity)
