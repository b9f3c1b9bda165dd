"""What is broken: web, aggregator and two nodes over a PostgreSQL, a Valkey, buckets and a tier in directories."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from avio.config import Settings
from chaos import audit
from supervisor import tree
from tests.e2e.cluster import INTAKE, Cluster
from tests.e2e.terminal import Terminal
from tests.processes import command, is_alive
from tests.servers.postgres import Postgres, postgres
from tests.servers.valkey import Valkey, valkey

NODES = ("n1", "n2")
SLOTS = 4
ASK_LIMIT = 90.0  # seconds that a question to the database may wait for it

# What the product is shipped with is what is measured.
TIMES = {name: str(Settings.model_fields[name].default) for name in ("heartbeat", "fence", "lease", "grace")}

# A file takes a while, so that faults fall into the run.
SLOWLY = "download.temporary:delay:0.05"

CANARY = "canary-7e3f94a1"  # the password of database and Redis
ACL = f"user avio on >{CANARY} ~* &* +@all\n"

CONFIG = """
[mounts."/data"]
url = "file://{bucket}"
[[tiers]]
alias = "MEM"
path = "{tier}"
capacity = "20GiB"
"""


@dataclass(frozen=True, slots=True)
class JobProcess:
    """A job process that runs somewhere."""

    pid: int
    node: str
    job: str
    attempt: int


class World:
    """Everything, and how to look at it."""

    def __init__(self, home: Path, postgres: Postgres, redis: Valkey) -> None:
        self.bucket, self.tier = home / "bucket", home / "tier"
        for directory in (self.bucket, self.tier):
            directory.mkdir()
        text = CONFIG.format(bucket=self.bucket, tier=self.tier)
        (home / "avio.toml").write_text(text, encoding="utf-8")
        self.postgres, self.redis = postgres, redis
        settings = {
            "database_url": postgres.make_database().replace("avio@", f"avio:{CANARY}@"),
            "redis_url": f"redis://avio:{CANARY}@{redis.place}",
            "fault": SLOWLY,
        }
        settings |= {**TIMES, "slots": str(SLOTS), "web_workers": "2"}
        self.cluster = Cluster(home, settings, NODES, instead={"supervisor": "exec python -m chaos.node"})

    def begin(self) -> Terminal:
        """Start everything; return a user who is logged in."""
        self.cluster.start()
        audit.install(self.cluster)
        user = self.cluster.add_user("worker")
        self.cluster.wait_until_ready()
        user.log_in()
        return user

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database, again and again while it is away."""
        give_up = time.monotonic() + ASK_LIMIT
        while True:
            try:
                return self.cluster.query(statement, *values)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def keeper(self, node: str) -> int:
        """Return the pid of a node's keeper, be it the living or the last one."""
        return self.cluster.manager.pid(node)

    def intakes(self, node: str) -> list[int]:
        """Return the pid of a node's intake, nothing while there is none."""
        return [pid for pid in tree.children(self.keeper(node)) if INTAKE in command(pid) and is_alive(pid)]

    def jobs(self) -> list[JobProcess]:
        """Return the living job processes: each works in the directory of its attempt."""
        found = []
        for node in NODES:
            for pid in tree.children(self.keeper(node)):
                try:
                    directory = Path(f"/proc/{pid}/cwd").readlink()
                except OSError:
                    continue
                job, dot, attempt = directory.name.rpartition(".")
                if dot and attempt.isdigit() and directory.is_relative_to(self.cluster.spool) and is_alive(pid):
                    found.append(JobProcess(pid, node, job, int(attempt)))
        return found

    def is_whole(self) -> bool:
        """Tell whether web is ready and every node is active with a lease."""
        alive = self.ask("SELECT count(*) FROM nodes WHERE state = 'active' AND lease_until > %s", time.time())
        return self.cluster.is_ready() and alive == [(len(NODES),)]


@contextmanager
def world(home: Path) -> Iterator[tuple[World, Terminal]]:
    """Run everything in `home`; yield it with a user; stop it at the end."""
    with ExitStack() as stack:
        made = World(home, stack.enter_context(postgres(home)), stack.enter_context(valkey(home / "valkey", acl=ACL)))
        stack.callback(made.cluster.manager.end)
        yield made, made.begin()
