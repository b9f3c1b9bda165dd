"""Killing a whole tree: also those who left the session, forked twice, and began another program."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.isolation.session import adopt_orphans
from supervisor.keeper import process_tree
from tests.processes import is_alive, wait_until

# A job process with a child in its group, and a grandchild that left: new session, parent gone, another program.
JOB = """
sleep 300 & echo $! > child
(setsid sh -c 'echo $$ > left; exec sleep 300' &)
echo $$ > job
exec sleep 300
"""

Pids = dict[str, int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Pids]]:
    """Return what starts the tree of an attempt and returns its pids."""
    adopt_orphans()
    started: list[subprocess.Popen[bytes]] = []
    pids: list[int] = []

    def begin(tag: str) -> Pids:
        home = tmp_path / tag
        home.mkdir()
        environ = {"PATH": os.environ["PATH"], "AVIO_ATTEMPT": tag}
        started.append(subprocess.Popen(["sh", "-c", JOB], cwd=home, env=environ, start_new_session=True))
        files = [home / name for name in ("job", "child", "left")]
        wait_until(lambda: all(file.exists() and file.read_text().strip() for file in files), 5, "the tree is there")
        found = {file.name: int(file.read_text()) for file in files}
        pids.extend(found.values())
        left = found["left"]
        wait_until(lambda: left in process_tree.children(os.getpid()), 5, "the grandchild is adopted")
        wait_until(lambda: b"sleep" in Path(f"/proc/{left}/cmdline").read_bytes(), 5, "it is another program")
        return found

    yield begin
    for pid in pids:
        process_tree._kill_one(pid)
    for process in started:
        process.wait(5)


def all_but(*pids: int) -> set[int]:
    """Return the children of this process but for `pids`: what a keeper would know."""
    return set(process_tree.children(os.getpid())) - set(pids)


def test_the_tree_is_killed_and_its_orphan_is_found(start: Callable[[str], Pids]) -> None:
    pids, others = start("JOB.1"), start("JOB.11")
    known = all_but(pids["left"])
    assert process_tree.descendants(pids["job"]) == [pids["child"]]

    process_tree.kill(pids["job"])
    wait_until(lambda: not is_alive(pids["child"]) and not is_alive(pids["job"]), 5, "the group is dead")
    assert is_alive(pids["left"])

    assert pids["left"] in process_tree.orphans(known)
    assert not {pids["job"], *others.values()}.intersection(process_tree.orphans(known))
    assert process_tree.kill_orphans(known)

    wait_until(lambda: not is_alive(pids["left"]), 5, "the orphan is dead")
    assert all(is_alive(pid) for pid in others.values())


def test_a_child_that_left_the_session_but_not_its_parent_is_killed_with_the_tree() -> None:
    with subprocess.Popen(
        ["sh", "-c", "setsid sleep 300 & echo $!; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as job:
        assert job.stdout is not None
        child = int(job.stdout.readline())
        wait_until(lambda: os.getsid(child) == child, 5, "the child leads a session")

        process_tree.kill(job.pid)

        try:
            wait_until(lambda: not is_alive(child), 5, "the child is dead")
        finally:
            process_tree._kill_one(child)


def test_an_orphan_is_killed_with_all_that_is_below_it(start: Callable[[str], Pids]) -> None:
    pids = start("JOB.2")

    process_tree.kill_orphans(all_but(pids["job"], pids["left"]))

    wait_until(lambda: not any(is_alive(pid) for pid in pids.values()), 5, "all are dead")


def test_where_there_are_no_orphans_nobody_is_killed(start: Callable[[str], Pids]) -> None:
    pids = start("JOB.3")

    assert not process_tree.kill_orphans(all_but())

    assert all(is_alive(pid) for pid in pids.values())


def test_who_goes_while_it_is_looked_at_has_no_children() -> None:
    for _ in range(200):
        process = subprocess.Popen(["true"])
        reaper = threading.Thread(target=process.wait)
        reaper.start()
        while reaper.is_alive():
            assert process_tree.children(process.pid) == []
        reaper.join()


def test_who_is_gone_has_no_children_and_killing_it_is_no_fault() -> None:
    process = subprocess.Popen(["true"])
    process.wait(5)

    assert process_tree.children(process.pid) == []
    process_tree.kill(process.pid)
