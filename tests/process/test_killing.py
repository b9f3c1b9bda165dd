"""What is killed is gone, with all that it began; what can't be killed is not waited for."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.clock import boottime
from avio.isolation.mounts import own_groups
from tests.conftest import missing
from tests.process.avio_process import Supervisor
from tests.process.site import Site
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.faults

MISBEHAVING = "tests.process.programs.misbehaving"
GRACE = 1.0
FREEZER = Path("/sys/fs/cgroup/freezer")


def attempt_directory(site: Site, job: str) -> Path:
    return site.home / "spool" / "n1" / f"{job}.1"


def told(site: Site, job: str, name: str) -> str:
    """Wait for what the job process told in the file `name`."""
    file = attempt_directory(site, job) / name
    wait_until(file.exists, 20, f"the job process told of {name}")
    return file.read_text()


@pytest.mark.parametrize(
    ("isolation", "manner"),
    [("best", "quiet"), ("basic", "quiet"), ("basic", "exec")],
    ids=["best", "without cgroup", "without cgroup, another program"],
)
def test_nothing_is_alive_a_second_after_the_grace_of_cancel(site: Site, isolation: str, manner: str) -> None:
    (site.bucket / manner).mkdir()
    job = site.order(f"/data/{manner}")
    site.supervisor(module=MISBEHAVING, AVIO_ISOLATION=isolation, AVIO_STOP_GRACE=str(GRACE))
    pids = [int(told(site, job, name)) for name in ("job", "stray")]
    site.wait_for(job, "running")

    site.cancel(job)
    asked = float(told(site, job, "asked"))

    assert all(is_alive(pid) for pid in pids)  # both ignore TERM
    limit = asked + GRACE + 1 - boottime()
    wait_until(lambda: not any(is_alive(pid) for pid in pids), limit, "nothing of the job is alive")
    assert site.wait_for_end(job)["state"] == "cancelled"


@pytest.mark.parametrize("isolation", ["best", "basic"])
def test_what_a_crashed_job_leaves_behind_is_killed_and_its_neighbour_is_not(site: Site, isolation: str) -> None:
    crashing, neighbour = site.order("/data/quiet"), site.order("/data/quiet")
    supervisor = site.supervisor(module=MISBEHAVING, AVIO_ISOLATION=isolation)
    job, stray = (int(told(site, crashing, name)) for name in ("job", "stray"))
    others = [int(told(site, neighbour, name)) for name in ("job", "stray")]

    os.kill(job, signal.SIGKILL)

    wait_until(lambda: not is_alive(stray), 2, "the stray is dead")
    wait_until(lambda: site.attempts(crashing)[-1].ended_at, 5, "the end is written down")
    assert site.attempts(crashing)[-1].outcome == "crashed"
    assert all(is_alive(pid) for pid in others)
    assert supervisor.terminate() == 0
    assert not any(is_alive(pid) for pid in others)


def test_what_outlives_a_killed_keeper_is_killed_by_the_next(site: Site) -> None:
    if own_groups().unified is None or not os.access(own_groups().unified or "", os.W_OK):
        missing("no cgroup can be made here")
    job = site.order("/data/quiet")
    supervisor = site.supervisor(module=MISBEHAVING)
    process, stray = (int(told(site, job, name)) for name in ("job", "stray"))

    supervisor.kill()
    wait_until(lambda: not is_alive(process), 1, "the job process dies with keeper")
    assert is_alive(stray)
    site.supervisor(module=MISBEHAVING)

    wait_until(lambda: not is_alive(stray), 5, "the next keeper kills what was left behind")


@pytest.fixture
def freezer() -> Iterator[Path]:
    """A group whose frozen processes can't even be killed, as in a write to a disk that does not answer."""
    group = FREEZER / f"avio-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("there is no freezer of cgroup version 1 that can be written to")
    yield group
    (group / "freezer.state").write_text("THAWED")
    wait_until(lambda: not (group / "cgroup.procs").read_text(), 5, "what was frozen is dead")
    group.rmdir()


UNKILLABLE = {"AVIO_STOP_GRACE": "0.5", "AVIO_KILL_WAIT": "1", "AVIO_SLOTS": "1"}


def test_an_unkillable_job_keeps_its_slot_and_its_node_drains(site: Site, tmp_path: Path) -> None:
    (site.bucket / "quiet").mkdir()
    job = site.order("/data/quiet")
    grip = tmp_path / "grip"
    grip.touch()
    supervisor = site.supervisor(module="tests.process.programs.unkillable", PYTHON_GRIP=str(grip), **UNKILLABLE)
    process = int(told(site, job, "job"))
    site.wait_for(job, "running")

    site.cancel(job)

    assert_given_up(site, supervisor, job, process, grip.unlink)


def test_a_job_that_the_kernel_holds_on_to_is_no_different(site: Site, freezer: Path) -> None:
    job = site.order("/data/wait")
    supervisor = site.supervisor(module=MISBEHAVING, **UNKILLABLE)
    process = int(told(site, job, "job"))
    site.wait_for(job, "running")

    (freezer / "cgroup.procs").write_text(str(process))
    (freezer / "freezer.state").write_text("FROZEN")
    site.cancel(job)

    assert_given_up(site, supervisor, job, process, lambda: (freezer / "freezer.state").write_text("THAWED"))


def assert_given_up(site: Site, supervisor: Supervisor, job: str, process: int, let_go: Callable[[], object]) -> None:
    """The job ends without its process, whose slot stays taken, even after `let_go` has let it die."""
    assert site.wait_for_end(job)["state"] == "cancelled"
    assert is_alive(process)
    assert site.attempts(job)[0].outcome == "unkillable"
    wait_until(lambda: site.node().state == "draining", 5, "the node drains")
    waiting = site.order("/data/wait")
    os.kill(supervisor.intake(), signal.SIGKILL)  # the next one is told again
    wait_until(lambda: supervisor.words().count("intake started") > 1, 10, "there is another intake")
    assert site.row(waiting)["state"] == "queued"
    assert "unkillable" in supervisor.words()

    let_go()
    wait_until(lambda: not is_alive(process), 5, "it dies once it is let go")
    assert site.attempts(job)[0].outcome == "unkillable"
    assert site.row(waiting)["state"] == "queued"
    assert supervisor.terminate() == 0
