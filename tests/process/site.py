"""A place with a bucket, a cache, a database (SQLite, or the one that is given), and real processes of avio over them.

All are ended by pid. Times are short: heartbeat 0.5 s, fence 2 s, lease 3 s, grace 1 s.
"""

import os
from pathlib import Path
from typing import Any

from avio import passwords
from avio.db import history, leases, orders, schema, tokens
from avio.db.connection import borrow, open_database, shut
from avio.isolation.cgroups import clear
from avio.wire.states import TERMINAL
from tests.contract.db import given
from tests.process.avio_process import Program, Supervisor, Web
from tests.processes import wait_until
from tests.servers.ports import free_port

SIZE = 1000
END_LIMIT = 25.0

TIMES = {"AVIO_HEARTBEAT": "0.5", "AVIO_FENCE": "2", "AVIO_LEASE": "3", "AVIO_GRACE": "1", "AVIO_STOP_GRACE": "2"}

SERVED = ("--config", "python:avio.api.gunicorn_config", "app:app")

CONFIG = """
[mounts."/data"]
url = "file://{home}/bucket"

[[tiers]]
alias = "MEM"
path = "{home}/cache"
capacity = "1GiB"
"""


class Site:
    """Everything of one test. `redis_url` points nowhere unless it is set."""

    def __init__(self, home: Path, redis_url: str | None = None, database_url: str | None = None) -> None:
        self.home = home
        self.bucket, self.cache = home / "bucket", home / "cache"
        self.redis_url = redis_url or f"redis://127.0.0.1:{free_port()}/0"
        self._programs: list[Program] = []
        for directory in (self.bucket, self.cache):
            directory.mkdir()
        (home / "avio.toml").write_text(CONFIG.format(home=home))
        self.database_url = database_url or f"sqlite:///{home}/avio.db"
        open_database(self.database_url)
        with borrow():
            schema.prepare()
            given.user()

    # -- what there is

    def fill(self, files: int, folder: str = "set") -> None:
        """Put `files` files of `SIZE` bytes into the bucket."""
        (self.bucket / folder).mkdir()
        for number in range(files):
            (self.bucket / folder / f"{number:05}").write_bytes(number.to_bytes(4, "big") * (SIZE // 4))

    def cached(self) -> list[Path]:
        """Return the files of the cache; temporaries are not among them."""
        return [file for file in self._files() if ".avio" not in file.parts]

    def temporaries(self) -> list[Path]:
        """Return the temporaries in the cache."""
        return [file for file in self._files() if ".avio" in file.parts and file.parent.name != ".avio"]

    def _files(self) -> list[Path]:
        """Return all files of the cache; unlike rglob, os.walk lets directories vanish on its way."""
        return [Path(folder, name) for folder, _, names in os.walk(self.cache) for name in names]

    def assert_all_cached(self, files: int, folder: str = "set") -> None:
        """Each of the files is in the cache, as it is in the bucket, and nothing else is."""
        for number in range(files):
            name = f"{folder}/{number:05}"
            assert (self.cache / "data" / name).read_bytes() == (self.bucket / name).read_bytes()
        assert self.temporaries() == []

    # -- programs

    def supervisor(
        self, node: str = "n1", module: str = "supervisor", user: int | None = None, **environ: str
    ) -> Supervisor:
        """Start a supervisor, or a `module` in its place; `environ` are further variables."""
        variables = self.environ(AVIO_NODE=node, **environ)
        started = Supervisor(module, variables, self.home / f"{node}.log", user)
        self._programs.append(started)
        return started

    def aggregator(self, **environ: str) -> Program:
        """Start an aggregator."""
        started = Program("avio.aggregator", self.environ(**environ), self.home / "aggregator.log")
        self._programs.append(started)
        return started

    def web(self, **environ: str) -> Web:
        """Start web with one worker, and return once it answers."""
        port = free_port()
        variables = self.environ(AVIO_PORT=str(port), AVIO_WEB_WORKERS="1", **environ)
        started = Web("gunicorn", variables, self.home / "web.log", None, *SERVED)
        started.url = f"http://127.0.0.1:{port}"
        self._programs.append(started)
        wait_until(started.answers, 20, "web answers")
        return started

    def token(self) -> str:
        """Return a login token of the user."""
        text = passwords.new_token()
        with borrow():
            tokens.add(passwords.digest(text), 1, 3600)
        return text

    def close(self, *, failed: bool) -> None:
        """End all programs; show their logs when the test failed."""
        for program in self._programs:
            if isinstance(program, Supervisor):
                program.kill_all()
            elif program.process.poll() is None:
                program.kill()
        clear(entry.name for entry in self.home.glob("spool/*/*.*"))
        shut()
        if failed:
            for log in sorted({program.log for program in self._programs}):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")

    def environ(self, **more: str) -> dict[str, str]:
        """Return the variables of a program of this site; `more` come last."""
        return {
            **os.environ,
            **TIMES,
            "AVIO_CONFIG": str(self.home / "avio.toml"),
            "AVIO_DATABASE_URL": self.database_url,
            "AVIO_REDIS_URL": self.redis_url,
            "AVIO_SPOOL": str(self.home / "spool"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **more,
        }

    # -- jobs

    def order(self, path: str = "/data/set") -> str:
        """Queue a preload, without a hint; return its id."""
        with borrow():
            return str(orders.insert(orders.NewJob(1, "load", 1, f'{{"alluxioUri": "{path}"}}'))[0].id)

    def cancel(self, job: str) -> None:
        """Wish the end of a job."""
        with borrow():
            assert orders.cancel(job, "enough")

    def row(self, job: str) -> dict[str, Any]:
        """Return the row of a job."""
        with borrow():
            return given.row(job)

    def attempts(self, job: str) -> list[Any]:
        """Return the attempts of a job, newest first."""
        with borrow():
            return history.attempts(job)

    def wait_for(self, job: str, *states: str, limit: float = END_LIMIT) -> dict[str, Any]:
        """Wait until a job is in one of `states`; return its row."""
        wait_until(lambda: self.row(job)["state"] in states, limit, f"job {job} is {' or '.join(states)}")
        return self.row(job)

    def wait_for_end(self, job: str, limit: float = END_LIMIT) -> dict[str, Any]:
        """Wait until a job has ended; return its row."""
        return self.wait_for(job, *TERMINAL, limit=limit)

    def node(self, name: str = "n1") -> Any:
        """Return the row of a node; None when there is none."""
        with borrow():
            return next((node for node in leases.all_nodes() if node.name == name), None)
