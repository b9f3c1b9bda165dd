"""The Procfile's own lines as processes: one web, one aggregator, a supervisor a node; what dies is started again.

Stands for the process manager of a production server. Knows processes, not jobs.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg2

from avio.admin.child import Child
from avio.admin.procfile import parse
from supervisor import tree
from tests.e2e.terminal import Terminal
from tests.processes import command, is_alive, kept, wait_until

ROOT = Path(__file__).resolve().parents[2]
READY_LIMIT = 40.0  # seconds
STOP_LIMIT = 15.0  # seconds
INTAKE = "supervisor.intake"
TURN = 0.1  # seconds between two looks of the process manager
TAIL = 4000  # characters of each log that a failed test shows

# Times in seconds, short enough for a test to see a node given up.
TIMES = {"heartbeat": "1", "fence": "4", "lease": "5", "grace": "1", "stop_grace": "3"}


class Cluster:
    """Processes by name: `web`, `aggregator`, and each of `nodes`, which runs the line `supervisor`."""

    def __init__(self, directory: Path, settings: Mapping[str, str], nodes: Sequence[str] = ("n1", "n2")) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self.spool = directory / "spool"
        self.nodes = tuple(nodes)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_url = settings["redis_url"]
        self._database_url = settings["database_url"]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        given = {**TIMES, "web_workers": "1", "slots": "1", "spool": str(self.spool), "port": str(self.port), **settings}
        self._environ = {**os.environ, "PATH": path, "AVIO_CONFIG": str(directory / "avio.toml")}
        self._environ |= {f"AVIO_{name.upper()}": value for name, value in given.items()}
        self._lines = parse((ROOT / "Procfile").read_text(encoding="utf-8"))
        self._wanted = {"web", "aggregator", *self.nodes}
        self._children: dict[str, Child] = {}
        self._over = threading.Event()
        # Children end with the thread that starts them, so it is one thread that does, from first to last.
        self._manager = threading.Thread(target=self._manage, name="process manager")
        self.logs.mkdir(parents=True)
        self.spool.mkdir()

    def start(self) -> None:
        """Make the tables, start everything, and return when web is ready and every node is there."""
        self.admin("db", "init")
        self._manager.start()
        wait_until(self.is_ready, READY_LIMIT, "/readyz")
        wait_until(lambda: len(self.query("SELECT name FROM nodes")) == len(self.nodes), READY_LIMIT, "all nodes")

    def stop(self) -> None:
        """Stop everything in order, and return when nothing of it is left."""
        self._over.set()
        if self._manager.ident is not None:
            self._manager.join()

    def pid(self, name: str) -> int:
        """Return the pid of a process; of a node, that is keeper's."""
        return self._children[name].pid

    def intake(self, node: str) -> int:
        """Return the pid of a node's intake."""
        [pid] = [pid for pid in tree.children(self.pid(node)) if INTAKE in command(pid)]
        return pid

    def job_processes(self, *nodes: str) -> list[int]:
        """Return the pids of the living job processes of `nodes`, or of all."""
        below = [pid for node in nodes or self.nodes for pid in tree.children(self.pid(node))]
        return [pid for pid in below if is_alive(pid) and INTAKE not in command(pid)]

    def kill(self, pid: int) -> None:
        """End a process with SIGKILL, and return when it is gone."""
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), 5, f"the end of {pid}")

    def lose(self, name: str) -> None:
        """Kill a process for good: it is not started again until `bring_back`."""
        self._wanted.discard(name)
        self.kill(self.pid(name))

    def bring_back(self, name: str) -> None:
        """Have a lost process started again, and return when it is there."""
        before = self.pid(name)
        self._wanted.add(name)
        wait_until(lambda: self.pid(name) != before, READY_LIMIT, f"another {name}")

    def is_ready(self) -> bool:
        """Tell whether web finds everything ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def admin(self, *words: str, typed: str = "") -> str:
        """Run an admin command and return what it says."""
        run = subprocess.run(
            [sys.executable, "cli.py", *words],
            cwd=ROOT, env=self._environ, input=typed, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return run.stdout

    def add_user(self, name: str, *, admin: bool = False) -> Terminal:
        """Add a user, and return a terminal at which the user has logged in."""
        password = f"the password of {name}"
        self.admin("user", "add", name, "--password-stdin", *(["--admin"] if admin else []), typed=password)
        terminal = Terminal(self.directory / "homes" / name, self.url)
        terminal.log_in(name, password)
        return terminal

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the database, as somebody with its password would; %s stands for a value."""
        with closing(psycopg2.connect(self._database_url)) as connection:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

    def log_tails(self) -> Iterator[tuple[str, str]]:
        """Return the names and the ends of all logs."""
        for log in sorted(self.logs.iterdir()):
            yield log.name, log.read_text(errors="replace")[-TAIL:]

    def _manage(self) -> None:
        try:
            while not self._over.wait(TURN):
                for name in sorted(self._wanted):
                    child = self._children.get(name)
                    if child is None or child.poll() is not None:
                        self._children[name] = self._begin(name)
        finally:
            children = list(self._children.values())
            for child in children:
                child.terminate()
            deadline = time.monotonic() + STOP_LIMIT
            while any(child.poll() is None for child in children) and time.monotonic() < deadline:
                time.sleep(TURN)
            for child in children:
                child.kill()

    def _begin(self, name: str) -> Child:
        line = self._lines["supervisor" if name in self.nodes else name]
        child = Child(
            ["/bin/sh", "-c", line],
            environ=self._environ | {"AVIO_NODE": name},
            directory=ROOT,
            log=self.logs / f"{name}.log",
        )
        kept.add(child.pid)
        return child


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
