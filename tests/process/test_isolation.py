"""Each rung's effect, in a real job process: what it must not do fails, what it must be able to do works.

The same trials succeed in mode basic: so they go red when a rung is taken out.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.isolation.capabilities import KEPT
from avio.isolation.cgroups import PREFIX
from avio.isolation.mounts import own_groups
from tests.process.programs.as_user import ROOT, command

pytestmark = pytest.mark.faults

LIMIT = 30.0
NOBODY = 65534
NET_RAW = 13
NOBODYS = 61_184  # a user without a name, of whom nothing else runs (a PostgreSQL of the tests does as nobody)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

NEEDED = [
    "write attempt", "write tier", "write bucket", "move in tier", "read urandom", "write null", "read itself",
    "resolve", "certificates", "import", "connect", "threads", "fork", "stamp", "read look",
]  # fmt: skip

# Trial: the rung that denies it, what it fails with.
DENIED = {
    "write outside": ("landlock", "EACCES"),
    "read outside": ("landlock", "EACCES"),
    "read passwd": ("landlock", "EACCES"),
    "write look": ("landlock", "EACCES"),
    "replace look": ("landlock", "EACCES"),
    "add look": ("landlock", "EACCES"),
    "read keeper's environment": ("landlock", "EACCES"),
    "run a program": ("landlock", "EACCES"),
    "connect elsewhere": ("landlock-tcp", "EACCES"),
    "listen": ("landlock-tcp", "EACCES"),
    "signal keeper": ("landlock-signals", "EPERM"),
    "ptrace": ("seccomp", "EPERM"),
    "mount": ("seccomp", "EPERM"),
    "unshare": ("seccomp", "EPERM"),
    "clone a namespace": ("seccomp", "EPERM"),
    "clone3": ("seccomp", "ENOSYS"),
    "chmod": ("seccomp", "EPERM"),
    "chmod an open file": ("seccomp", "EPERM"),
    "chown": ("seccomp", "EPERM"),
    "chown an open file": ("seccomp", "EPERM"),
    "times by path": ("seccomp", "EPERM"),
    "attribute by path": ("seccomp", "EPERM"),
    "access list": ("seccomp", "EPERM"),
    "setuid file": ("seccomp", "EPERM"),
    "setgid file": ("seccomp", "EPERM"),
    "fifo": ("seccomp", "EPERM"),
    "listen without a port": ("seccomp", "EPERM"),
    "limits of keeper": ("seccomp", "EPERM"),
    "priority of keeper": ("seccomp", "EPERM"),
    "priority of its group": ("seccomp", "EPERM"),
    "processors of keeper": ("seccomp", "EPERM"),
}


class Trial:
    """A place for a job process, and what came of it."""

    def __init__(self, home: Path, ports: tuple[int, int], uid: int | None) -> None:
        self.home, self._ports, self._uid = home, ports, uid

    def run(self, trials: list[str], mode: str = "best", **given: Any) -> dict[str, Any]:
        """Have a job process try `trials`; return what it found, and in `end` how it ended."""
        words = {"home": str(self.home), "ports": self._ports, "trials": trials, "mode": mode, **given}
        done = subprocess.run(
            command("tests.process.programs.trial", self._uid),
            cwd=ROOT,
            input=json.dumps(words),
            text=True,
            capture_output=True,
            timeout=LIMIT,
        )
        pid, _, end = done.stdout.partition("\n")
        assert end, done.stderr
        log, found = self.home / "attempt" / "log", self.home / "attempt" / "trials.json"
        return {
            **(json.loads(found.read_text()) if found.exists() else {}),
            "pid": int(pid),
            "end": json.loads(end),
            "log": log.read_text(),
        }


def need(result: dict[str, Any], rung: str) -> None:
    """Skip the test, visibly, where this machine has not the rung; everywhere else it must have been used."""
    isolation = json.loads(result["end"]["isolation"])
    if rung not in isolation["used"]:
        pytest.skip(f"{rung}: {isolation['missing'][rung]}")


@pytest.fixture
def place() -> Iterator[Callable[[int | None], Trial]]:
    """Return what makes a place, for this user or another; not below pytest's own directory, which is for one user."""
    home = Path(tempfile.mkdtemp(prefix="avio-trial-"))
    home.chmod(0o755)
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]

    def make(uid: int | None = None) -> Trial:
        for name in ("attempt", "tier", "bucket", "looks", "outside"):
            (home / name).mkdir()
        (home / "tier" / "lie").touch()
        (home / "looks" / "newest").write_text("a look")
        (home / "outside" / "secret").write_text("secret")
        for path in (home, *home.rglob("*")):
            os.chown(path, -1 if uid is None else uid, -1)
        return Trial(home, (listeners[0].getsockname()[1], listeners[1].getsockname()[1]), uid)

    yield make
    for listener in listeners:
        listener.close()
    shutil.rmtree(home)
    own = own_groups()
    parents = [parent for parent in (own.unified, *own.controllers.values()) if parent is not None]
    assert [left for parent in parents for left in parent.glob(f"{PREFIX}{home.name}")] == []


USERS = [pytest.param(None, id="this user"), pytest.param(NOBODY, id="nobody", marks=as_root)]


@pytest.mark.parametrize("uid", USERS)
def test_what_a_job_needs_works_with_all_rungs(place: Callable[..., Trial], uid: int | None) -> None:
    result = place(uid).run(NEEDED)

    assert {name: result[name] for name in NEEDED} == dict.fromkeys(NEEDED, "done"), result["log"]
    assert result["end"]["exit"] == 0


@pytest.mark.parametrize("uid", USERS)
@pytest.mark.parametrize("rung", sorted({rung for rung, _ in DENIED.values()}))
def test_what_a_rung_denies_fails(place: Callable[..., Trial], rung: str, uid: int | None) -> None:
    tried = {name: outcome for name, (by, outcome) in DENIED.items() if by == rung}

    result = place(uid).run(list(tried))

    need(result, rung)
    assert {name: result[name] for name in tried} == tried


def test_the_same_succeeds_or_fails_otherwise_without_the_rungs(place: Callable[..., Trial]) -> None:
    trials = [name for name in DENIED if name not in ("clone a namespace", "read keeper's environment")]

    result = place().run(trials, mode="basic")

    assert [name for name in trials if result[name] == DENIED[name][1]] == []
    isolation = json.loads(result["end"]["isolation"])
    assert not {"cgroup", "capabilities", "landlock", "landlock-tcp", "landlock-signals", "seccomp"}.intersection(
        isolation["used"]
    )
    assert isolation["missing"] == {}


@pytest.mark.parametrize("uid", USERS)
def test_the_rungs_that_every_linux_has_hold(place: Callable[..., Trial], uid: int | None) -> None:
    result = place(uid).run([], limits={"nice": 7, "idle_io": True})

    facts = result["facts"]
    assert (facts["no_new_privs"], facts["dumpable"], facts["subreaper"]) == (1, 0, 1)
    assert facts["parent death"] == signal.SIGKILL
    assert facts["idle io"]
    assert facts["nice"] >= 7


@as_root
def test_a_job_as_another_user_has_none_of_roots_rights(place: Callable[..., Trial]) -> None:
    trial = place(0)
    for name in ("attempt", "tier"):
        os.chown(trial.home / name, NOBODY, NOBODY)

    result = trial.run(["write tier", "write outside", "read outside"], mode="basic", user="nobody")

    facts = result["facts"]
    assert (facts["uid"], facts["groups"]) == ([NOBODY] * 3, [])
    assert facts["parent death"] == signal.SIGKILL  # which the change of user cleared
    assert result["write tier"] == "done"
    assert result["write outside"] == "EACCES"
    assert (trial.home / "tier" / "written").stat().st_uid == NOBODY


@as_root
def test_a_job_of_root_has_none_of_roots_rights_but_to_read_and_write_files_of_others(
    place: Callable[..., Trial],
) -> None:
    trial = place(0)
    other = trial.home / "tier" / "of another"
    other.write_text("theirs")
    other.chmod(0o600)
    os.chown(other, NOBODY, NOBODY)

    result = trial.run(["raw socket", "setuid file by openat2", "file of another"])

    need(result, "capabilities")
    assert result["facts"]["uid"] == [0] * 3
    sets = result["facts"]["capabilities"]
    kept = sum(1 << each for each in KEPT)
    assert (sets["CapEff"], sets["CapPrm"]) == (sets["CapPrm"], sets["CapPrm"] & kept)
    assert (sets["CapInh"], sets["CapAmb"], sets["CapBnd"]) == (0, 0, 0)
    assert result["raw socket"] == "EPERM"
    assert result["setuid file by openat2"] == "EPERM"
    assert not (trial.home / "tier" / "openat2").stat().st_mode & 0o6000
    assert result["file of another"] == "done"


@as_root
def test_in_mode_basic_a_job_of_root_has_them(place: Callable[..., Trial]) -> None:
    result = place(0).run(["raw socket", "setuid file by openat2"], mode="basic")

    if not result["facts"]["capabilities"]["CapEff"] & 1 << NET_RAW:
        pytest.skip("root has no CAP_NET_RAW here")
    assert (result["raw socket"], result["setuid file by openat2"]) == ("done", "done")


@as_root
def test_a_job_as_another_user_has_no_capability_in_any_set(place: Callable[..., Trial]) -> None:
    trial = place(0)
    os.chown(trial.home / "attempt", NOBODY, NOBODY)

    result = trial.run([], user="nobody")

    assert set(result["facts"]["capabilities"].values()) == {0}


def test_a_job_may_have_no_more_open_files_nor_larger_ones_than_given(place: Callable[..., Trial]) -> None:
    result = place().run(["many files", "large file"], limits={"files": 100, "file_size": 1 << 20})

    assert (result["many files"], result["large file"]) == ("EMFILE", "EFBIG")


def test_a_job_that_takes_more_memory_than_allowed_is_killed_alone_and_called_out_of_memory(
    place: Callable[..., Trial],
) -> None:
    trial = place()
    need(trial.run([], limits={"memory": 256 << 20}), "memory")

    result = trial.run(["memory"], limits={"memory": 256 << 20})

    assert result["end"]["exit"] == -signal.SIGKILL
    assert result["end"]["out of memory"]


def test_a_job_may_begin_no_more_threads_than_allowed(place: Callable[..., Trial]) -> None:
    result = place().run(["threads"], limits={"processes": 20})

    need(result, "processes")
    assert result["threads"] == "EAGAIN"


@as_root
def test_without_a_cgroup_the_processes_of_its_user_are_counted(place: Callable[..., Trial]) -> None:
    result = place(NOBODYS).run(["threads"], mode="basic", limits={"processes": 30})

    assert result["threads"] == "EAGAIN"


@as_root
def test_strict_refuses_what_this_user_can_not_have(place: Callable[..., Trial]) -> None:
    result = place(NOBODY).run(["write tier"], mode="strict")

    if json.loads(result["end"]["isolation"] or '{"used": []}')["used"]:
        pytest.skip("this user can have all")
    assert "write tier" not in result
    assert result["end"]["exit"] != 0
    assert "isolation is strict, and cgroup is unavailable" in result["log"]
