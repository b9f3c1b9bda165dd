"""The Procfile's own lines as processes: one web, one aggregator, a supervisor a node; what dies is started again."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg2

from avio.admin.child_process import Child
from avio.admin.procfile import parse
from avio.admin.readiness import ask_readiness
from supervisor.keeper import process_tree
from tests.e2e.restarting_manager import Manager
from tests.e2e.terminal import Terminal
from tests.processes import command, is_alive, slowness, wait_until
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_LIMIT = 40.0  # seconds
ADMIN_LIMIT = 30.0  # seconds for any one admin command
INTAKE = "supervisor.intake"
MOVERS = "avio mover"
TAIL = 4000  # characters of each log that a failed test shows

# Small, and with times (in seconds) that are short enough for a test to see a node given up.
SETTINGS = {"web_workers": "1", "slots": "1"}
SETTINGS |= {"heartbeat": "1", "fence": "6", "lease": "7", "grace": "1", "stop_grace": "3"}


class Cluster:
    """Processes by name: `web`, `aggregator`, and each of `nodes`, which runs the line `supervisor`.

    `own` are settings of one line of the Procfile alone, `instead` lines that take the place of its own.
    """

    def __init__(
        self,
        directory: Path,
        settings: Mapping[str, str],
        nodes: Sequence[str],
        own: Mapping[str, Mapping[str, str]] | None = None,
        instead: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.logs = directory / "logs"
        self.spool = directory / "spool"
        self.nodes = tuple(nodes)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.manager = Manager(["web", "aggregator", *nodes], self._start)
        self._homes = directory / "homes"
        self._database_url = settings["database_url"]
        self._lines = {**parse((ROOT / "Procfile").read_text(encoding="utf-8")), **instead}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        given = {**SETTINGS, **settings, "spool": str(self.spool), "port": str(port)}
        self._environ = {**os.environ, "PATH": path, "AVIO_CONFIG": str(directory / "avio.toml")}
        self._environ |= _variables(given)
        self._own = {line: _variables(more) for line, more in (own or {}).items()}
        self.logs.mkdir()
        self.spool.mkdir()

    def start(self) -> None:
        """Make the tables and start everything; `wait_until_ready` is next."""
        self.admin("db", "init")
        self.manager.begin()

    def wait_until_ready(self) -> None:
        """Return when web is ready and every node is there."""
        wait_until(self.is_ready, READY_LIMIT, "/readyz")
        wait_until(lambda: len(self.query("SELECT name FROM nodes")) == len(self.nodes), READY_LIMIT, "all nodes")

    def is_ready(self) -> bool:
        """Tell whether web finds its own parts ready; the engine may lack some of its members."""
        return ask_readiness(self.url, nodes=bool(self.nodes)).unready is None

    def intake(self, node: str) -> int:
        """Return the pid of a node's intake."""
        [pid] = [pid for pid in process_tree.children(self.manager.pid(node)) if INTAKE in command(pid)]
        return pid

    def job_processes(self) -> list[int]:
        """Return the pids of the living job processes of all nodes.

        Keeper adopts the movers of a job process that has just ended, until it has killed them.
        """
        below = [pid for node in self.nodes for pid in process_tree.children(self.manager.pid(node))]
        return [pid for pid in below if is_alive(pid) and not any(each in command(pid) for each in (INTAKE, MOVERS))]

    def start_beside(self, node: str, log: Path, **settings: str) -> Child:
        """Start another supervisor of a node's name, with settings of its own. Nobody starts it again."""
        return self._start(node, _variables(settings), log)

    def admin(self, *words: str, typed: str = "") -> None:
        """Run an admin command."""
        run = subprocess.run(
            [sys.executable, "cli.py", *words],
            cwd=ROOT,
            env=self._environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=ADMIN_LIMIT * slowness(),
            check=False,
        )
        assert run.returncode == 0, run.stderr

    def add_user(self, name: str) -> Terminal:
        """Add a user, and return a terminal at which the user has not logged in yet."""
        terminal = Terminal(self._homes / name, self.url, name, password=f"the password of {name}")
        self.admin("user", "add", name, "--password-stdin", typed=terminal.password)
        return terminal

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the database, as somebody with its password would; %s stands for a value."""
        with closing(psycopg2.connect(self._database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def log_tails(self) -> Iterator[tuple[str, str]]:
        """Return the names and the ends of all logs."""
        for log in sorted(self.logs.iterdir()):
            yield log.name, log.read_text(errors="replace")[-TAIL:]

    def _start(self, name: str, more: Mapping[str, str] = MappingProxyType({}), log: Path | None = None) -> Child:
        line = "supervisor" if name in self.nodes else name
        environ = self._environ | {"AVIO_NODE": name} | self._own.get(line, {}) | dict(more)
        return Child(
            ["/bin/sh", "-c", self._lines[line]], environ=environ, directory=ROOT, log=log or self.logs / f"{name}.log"
        )


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"AVIO_{name.upper()}": value for name, value in settings.items()}
