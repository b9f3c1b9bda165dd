"""`avio-server up` as a real process, over a Procfile of stand-ins: readiness, restarts, stops, and no orphans."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import is_alive, slowness, wait_until

ROOT = Path(__file__).resolve().parents[2]

# Runs `up` on a checkout of stand-ins, with less patience than is usual.
UP = """
import pathlib, sys
import avio.admin.ready_wait as wait
import avio.admin.up as room
wait.TELL_SECONDS = 2
wait.ENGINE_SECONDS = 1
room.STOP_MARGIN_SECONDS = 0
root = pathlib.Path(sys.argv.pop(1))
room.complete = lambda _: root
room.up()
"""

# Each notes its pid and the signals it gets; web answers /readyz, and has a child in its group.
STAND_IN = """
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

name, *manners = sys.argv[1:]
notes = open(os.environ["NOTES"], "a", buffering=1)
def leave(*_):
    notes.write(f"{name} got TERM\\n")
    if "stubborn" not in manners:
        sys.exit(0)
signal.signal(signal.SIGTERM, leave)
late = time.monotonic() + 5
Path(f"{name}.pid").write_text(str(os.getpid()))

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        unready = "unready" in manners or ("slow" in manners and time.monotonic() < late)
        self.send_response(503 if unready or "away" in manners else 200)
        self.end_headers()
        part = {"ok": not unready, "message": "does not answer"}
        engine = {"ok": "away" not in manners, "message": "", "missing": []}
        if {"half", "away"} & {*manners}:
            engine |= {"message": "no answer from mount /b", "missing": ["mount /b"]}
        status = "degraded" if "half" in manners else "ok"
        self.wfile.write(json.dumps({"status": status, "parts": {"redis": part, "engine": engine}}).encode())

if name == "web":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    Path("grandchild.pid").write_text(str(child.pid))
    HTTPServer(("127.0.0.1", int(os.environ["AVIO_PORT"])), Handler).serve_forever()
time.sleep(300)
"""


class Stage:
    """A home, a checkout of stand-ins, and an `up` over them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "home"
        self.notes = directory / "notes"
        self.notes.touch()
        (directory / "stand_in.py").write_text(STAND_IN)
        self.up: subprocess.Popen[str] | None = None

    def start(self, procfile: str, **environ: str) -> subprocess.Popen[str]:
        lines = [line.replace("stand-in", f"exec {sys.executable} stand_in.py") for line in procfile.splitlines()]
        (self.directory / "Procfile").write_text(textwrap.dedent("\n".join(lines)))
        with open(self.directory / "stderr", "a") as stderr:
            self.up = subprocess.Popen(
                [sys.executable, "-c", UP, self.directory, "--home", self.home, "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=os.environ | {"NOTES": str(self.notes), "PYTHONPATH": str(ROOT)} | environ,
            )
        return self.up

    def line(self) -> str:
        """Return the next line that `up` prints."""
        assert self.up is not None
        assert self.up.stdout is not None
        return self.up.stdout.readline()

    def stop(self) -> int:
        """Ask `up` to stop, and return its exit code."""
        assert self.up is not None
        assert self.up.stdout is not None
        self.up.terminate()
        code = self.up.wait(20)
        self.up.stdout.close()
        return code

    def pid(self, name: str) -> int:
        note = self.directory / f"{name}.pid"
        wait_until(lambda: note.exists() and note.read_text(), 10, f"the pid of {name}")
        return int(note.read_text())

    def valkey_pid(self) -> int:
        found = subprocess.check_output(["pgrep", "-f", f"valkey-server.*{self.home}"], text=True)
        return int(found)

    def stderr(self) -> str:
        return (self.directory / "stderr").read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    if made.up is not None:
        made.stop()


TWO = "web: stand-in web\naggregator: stand-in aggregator\n"


def test_it_shows_the_password_once_says_ready_and_keeps_all_its_files_at_home(stage: Stage) -> None:
    stage.start(TWO)

    assert stage.line().startswith("created user admin with password ")
    assert stage.line().startswith("ready http://127.0.0.1:")
    assert {path.name for path in stage.home.iterdir()} >= {"avio.toml", "avio.db", "logs", "run"}
    assert stage.stop() == 0

    # At the second start the user is there, and no password is shown. It has not the one of the variable
    stage.start(TWO, AVIO_ADMIN_PASSWORD="correct horse")
    assert stage.line().startswith("ready ")
    assert "user admin keeps its password, which is not AVIO_ADMIN_PASSWORD: avio-server user passwd" in stage.stderr()


def test_a_given_password_is_never_shown(stage: Stage) -> None:
    stage.start(TWO, AVIO_ADMIN_PASSWORD="correct horse")

    assert stage.line().startswith("ready ")


def test_an_empty_home_is_none(stage: Stage) -> None:
    for command in ("up", "check", "user"):
        line = [sys.executable, "-m", "avio.admin", command, *(["list"] if command == "user" else []), "--home", ""]
        found = subprocess.run(line, capture_output=True, text=True, cwd=stage.directory)
        assert (found.returncode, "--home': is empty; name a directory" in found.stderr) == (2, True)
    assert not (stage.directory / "avio.toml").exists()


@pytest.mark.parametrize("manner", ["half", "away"])
def test_what_is_missing_of_the_engine_is_told_and_the_server_stays_up(stage: Stage, manner: str) -> None:
    stage.start(TWO.replace("stand-in web", f"stand-in web {manner}"), AVIO_ADMIN_PASSWORD="password")

    assert stage.line().startswith("ready ")
    wait_until(lambda: "avio-server check" in stage.stderr(), 10, "the warning")
    assert "warning: no answer from mount /b" in stage.stderr()
    assert stage.up is not None
    assert stage.up.poll() is None


def test_a_check_beside_it_looks_at_what_it_runs_on(stage: Stage) -> None:
    stage.start(TWO, AVIO_ADMIN_PASSWORD="password")
    stage.line()

    found = subprocess.run(
        [sys.executable, "-m", "avio.admin", "check", "--home", stage.home],
        capture_output=True,
        text=True,
        cwd=stage.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    assert "redis: answers" in found.stdout
    assert "database: its tables are at version" in found.stdout
    assert f"note: the avio-server up of {stage.home}" in found.stderr
    assert "AVIO_REDIS_URL of avio-server up" in found.stdout
    assert "not ok   supervisor: no worker node is alive" in found.stdout
    assert found.returncode == 1, found.stdout


def test_a_short_password_is_refused_before_anything_starts(stage: Stage) -> None:
    up = stage.start(TWO, AVIO_ADMIN_PASSWORD="short")
    assert up.wait(20) == 1
    assert "fewer than 8 characters" in (stage.directory / "stderr").read_text()


@pytest.mark.faults
def test_what_dies_is_started_again_and_that_is_said(stage: Stage) -> None:
    stage.start(TWO, AVIO_ADMIN_PASSWORD="password")
    stage.line()
    first, valkey = stage.pid("aggregator"), stage.valkey_pid()

    os.kill(first, signal.SIGKILL)
    os.kill(valkey, signal.SIGKILL)

    wait_until(lambda: stage.pid("aggregator") != first, 10, "another aggregator")
    wait_until(lambda: stage.valkey_pid() != valkey, 10, "another valkey")
    assert "aggregator ended (SIGKILL); restarting it in 0.2 s" in stage.stderr()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_one_after_the_other_and_leaves_nothing(stage: Stage, number: signal.Signals) -> None:
    up = stage.start(TWO, AVIO_ADMIN_PASSWORD="password")
    stage.line()
    pids = [stage.pid("web"), stage.pid("grandchild"), stage.pid("aggregator"), stage.valkey_pid()]

    up.send_signal(number)

    assert up.wait(20) == 0
    assert stage.notes.read_text().splitlines() == ["web got TERM", "aggregator got TERM"]
    assert "stopping web, aggregator, valkey: up to 10 s each; Ctrl-C again kills them" in stage.stderr()
    assert stage.stderr().endswith("stopped; jobs that ran are queued again\n")
    assert [pid for pid in pids if is_alive(pid)] == []
    assert list((stage.home / "run").iterdir()) == []


@pytest.mark.faults
def test_a_second_signal_ends_the_wait_for_what_does_not_stop(stage: Stage) -> None:
    # Given a process that does not leave, and an `up` that would wait a minute for it
    up = stage.start("web: stand-in web stubborn\n", AVIO_ADMIN_PASSWORD="password", AVIO_STOP_GRACE="60")
    stage.line()
    pids = [stage.pid("web"), stage.pid("grandchild")]
    up.terminate()
    wait_until(lambda: "web got TERM" in stage.notes.read_text(), 10, "TERM reaches web")
    began = time.monotonic()

    up.terminate()

    assert up.wait(40) == 0
    assert time.monotonic() - began < 5 * slowness()
    assert [pid for pid in pids if is_alive(pid)] == []


@pytest.mark.faults
def test_nothing_is_left_when_up_itself_is_killed(stage: Stage) -> None:
    up = stage.start("web: stand-in web\naggregator: stand-in aggregator\n", AVIO_ADMIN_PASSWORD="password")
    stage.line()
    os.kill(stage.pid("grandchild"), signal.SIGKILL)  # a real web's workers watch their parent; this one does not
    pids = [stage.pid("web"), stage.pid("aggregator"), stage.valkey_pid()]

    up.kill()

    wait_until(lambda: not any(map(is_alive, pids)), 10, "the end of all processes")


@pytest.mark.faults
def test_what_does_not_get_ready_is_named_with_the_end_of_its_log(stage: Stage) -> None:
    up = stage.start(
        "web: stand-in web unready\naggregator: echo no such module; exit 1\n", AVIO_ADMIN_PASSWORD="password"
    )

    assert up.wait(30) == 1
    said = stage.stderr()
    assert 'web says: {"status": "ok", "parts": {"redis": {"ok": false, "message": "does not answer"}' in said
    assert "aggregator keeps ending" in said
    assert "no such module" in said


def test_what_needs_long_is_waited_for_and_told(stage: Stage) -> None:
    # Given a machine on which web needs longer than the time after which `up` tells what it waits for
    stage.start(TWO.replace("stand-in web", "stand-in web slow"), AVIO_ADMIN_PASSWORD="password")

    assert stage.line().startswith("ready ")
    assert 'not ready after 2 s, waiting: web says: {"status": "ok", "parts": {"redis"' in stage.stderr()


def test_a_second_up_on_the_same_home_is_refused(stage: Stage) -> None:
    first = stage.start(TWO, AVIO_ADMIN_PASSWORD="password")
    stage.line()

    second = subprocess.run(
        [sys.executable, "-m", "avio.admin", "up", "--home", stage.home],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
    )

    assert second.returncode == 1
    assert f"(pid {first.pid})" in second.stderr
    assert "use another --home" in second.stderr
