"""Looks into /proc: processes of a tree, their peaks of memory, and the processor time of ended children."""

import os
import subprocess
import sys
import time

from bench.data.processes import descendants, kind, reaped_seconds, watched_memory

TITLED = """
import setproctitle, sys
setproctitle.setproctitle(sys.argv[1])
print("up", flush=True)
sys.stdin.read()
"""


def test_a_process_is_known_by_its_title_and_its_peak_is_kept() -> None:
    titles = ["avio mover 0 of 01", "avio movers of 01", "avio job 01.1"]
    started = []
    for title in titles:
        process = subprocess.Popen(
            [sys.executable, "-c", TITLED, title], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"

    with watched_memory(os.getpid()) as peaks:
        kinds = [kind(process.pid) for process in started]
        found = set(descendants(os.getpid()))
        time.sleep(0.5)
    for process in started:
        process.communicate("")

    assert kinds == ["mover", "mother of movers", "job"]
    assert found >= {process.pid for process in started}
    assert min(peaks["mover"], peaks["job"]) > 1
    assert kind(started[0].pid) == "other"


def test_ended_children_and_theirs_are_counted() -> None:
    before = reaped_seconds(os.getpid())
    busy = "import time\nwhile time.process_time() < 0.3: pass"

    subprocess.run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"])

    assert reaped_seconds(os.getpid()) - before >= 0.29
