"""The lock of a path: one holder at a time among threads and processes of a node, given back by the dead."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from avio.engines.alluxio.save import locks
from avio.engines.alluxio.save.locks import Busy, locked

ROOT = Path(__file__).resolve().parents[4]

HOLD = """
import sys, time
from avio.engines.alluxio.save.locks import locked
with locked("cluster", "/a"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_threads_hold_a_path_one_after_the_other() -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with locked("cluster", "/a"):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert most == 1


def test_other_paths_and_other_clusters_are_free() -> None:
    with locked("cluster", "/a"), locked("cluster", "/b"), locked("another", "/a"):
        pass


def test_a_path_that_another_process_holds_is_busy_until_it_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "WAIT_LIMIT_SECONDS", 0.1)
    with subprocess.Popen([sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(Busy, match="/a"), locked("cluster", "/a"):
                pass
        finally:
            holder.send_signal(signal.SIGKILL)

    with locked("cluster", "/a"):
        pass
