"""`avio-server up` as a person starts it: on SQLite and a Valkey of its own, all files in one home."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from supervisor.keeper import process_tree
from tests.e2e.procfile_cluster import ROOT
from tests.e2e.terminal import Terminal
from tests.processes import command, is_alive, kept
from tests.servers.ports import free_ports

PASSWORD = "correct horse"
STOP_LIMIT = 20.0  # seconds

# What each child of `up` has on its command line.
MARKS = {"web": "gunicorn", "supervisor": "-m supervisor", "aggregator": "avio.aggregator", "valkey": "valkey-server"}


class ProcessManager:
    """An `up` that is ready, and its processes; `admin` is a terminal of the user admin, who has logged in.

    `ports` are those of the metrics of supervisor and aggregator.
    """

    def __init__(self, home: Path, process: subprocess.Popen[str], admin: Terminal, ports: dict[str, int]) -> None:
        self.home = home
        self.ports = ports
        self.process = process
        self.admin = admin

    def pid(self, name: str) -> int | None:
        """Return the pid of a child, None while there is none."""
        found = [
            pid for pid in process_tree.children(self.process.pid) if MARKS[name] in command(pid) and is_alive(pid)
        ]
        return found[0] if found else None

    def everything(self) -> list[int]:
        """Return the pids of `up` and of all below it."""
        return [self.process.pid, *process_tree.descendants(self.process.pid)]

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: send a signal to the foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)


@contextmanager
def roof(directory: Path, *, fault: str) -> Iterator[ProcessManager]:
    """Run `up` with the home `directory`/home, whose bucket may be filled already; stop it at the end."""
    home = directory / "home"
    environ = {**os.environ, "AVIO_ADMIN_PASSWORD": PASSWORD, "AVIO_FAULT": fault}
    environ |= {"AVIO_STOP_GRACE": "3", "AVIO_WEB_WORKERS": "1"}
    ports = free_ports(("supervisor", "aggregator"))
    environ |= {
        "AVIO_METRICS_PORT": str(ports["supervisor"]),
        "AVIO_AGGREGATOR_METRICS_PORT": str(ports["aggregator"]),
    }
    with (
        open(directory / "up.log", "w") as log,
        subprocess.Popen(
            [sys.executable, "cli.py", "up", "--home", home, "--port", "0"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        kept.add(process.pid)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), (directory / "up.log").read_text()
            admin = Terminal(directory / "admin", line.split()[1], "admin", PASSWORD)
            admin.log_in()
            yield ProcessManager(home, process, admin, ports)
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
