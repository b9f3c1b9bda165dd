"""What is broken: web, aggregator and two nodes over a PostgreSQL, a Valkey, quiet and hostile buckets, and tiers."""

import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from avio.admin.procfile import parse
from avio.config import Settings
from chaos import audit
from chaos.clocks import Clocks
from chaos.mounts import Disk
from chaos.store.exchange import BUCKET
from supervisor.keeper import process_tree
from tests.e2e.procfile_cluster import INTAKE, ROOT, Cluster
from tests.e2e.terminal import Terminal
from tests.processes import command, is_alive
from tests.servers.postgres import Postgres, postgres
from tests.servers.valkey import Valkey, valkey

NODES = ("n1", "n2")
OLD_NODE = "n2"  # runs the supervisor of another version, if there is one
PARTS = ("web", "aggregator", *NODES)
SLOTS = 6
SMALL_BYTES = 1_638_400  # of the tiers that are too small for two jobs of the crowd
ASK_LIMIT = 90.0  # seconds that a question to the database may wait for it

# What the product is shipped with is what is measured.
TIMES = {name: str(Settings.model_fields[name].default) for name in ("heartbeat", "fence", "lease", "grace")}

# A file takes a while, so that faults fall into the run.
SLOWLY = "download.temporary:delay:0.05"

CANARY = "canary-7e3f94a1"  # the password of database and Redis
ACL = f"user avio on >{CANARY} ~* &* +@all\n"

CONFIG = """
schedule_gap = 1
[mounts."/data"]
url = "file://{home}/bucket"
[mounts."/crowd"]
url = "file://{home}/crowd"
[mounts."/s3"]
url = "s3://{bucket}"
[mounts."/s3".options]
endpoint = "{endpoint}"
region = "us-east-1"
access_key_id = "chaos"
secret_access_key = "{secret}"
allow_http = "true"
[[tiers]]
alias = "MEM"
path = "{home}/tier"
capacity = "20GiB"
[[tiers]]
alias = "SMALL"
path = "{home}/small"
capacity = "{small}"
[[tiers]]
alias = "TINY"
path = "{home}/tiny"
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

    def __init__(
        self, home: Path, postgres: Postgres, redis: Valkey, disk: Disk, endpoint: str, old: Path | None
    ) -> None:
        self.bucket, self.crowd = home / "bucket", home / "crowd"
        self.elsewhere = home / "elsewhere"  # the spool of second supervisors
        for directory in (self.bucket, self.crowd, self.elsewhere):
            directory.mkdir()
        self.roots = (disk.place, home / "small", home / "tiny", self.bucket, self.crowd)
        self.disk = disk
        text = CONFIG.format(home=home, bucket=BUCKET, endpoint=endpoint, secret=CANARY, small=SMALL_BYTES)
        (home / "avio.toml").write_text(text, encoding="utf-8")
        self.postgres, self.redis = postgres, redis
        settings = {
            "database_url": postgres.make_database().replace("avio@", f"avio:{CANARY}@"),
            "redis_url": f"redis://avio:{CANARY}@{redis.place}",
            "fault": SLOWLY,
        }
        settings |= {**TIMES, "slots": str(SLOTS), "web_workers": "2"}
        self.clocks = Clocks(home / "clocks", PARTS)
        self.cluster = Cluster(home, settings, NODES, instead=lines(self.clocks, old))

    def begin(self) -> Terminal:
        """Start everything; return a user who is logged in."""
        self.cluster.start()
        audit.install(self.cluster)
        user = self.cluster.add_user("worker")
        self.cluster.wait_until_ready()
        user.log_in()
        return user

    @property
    def tier(self) -> Path:
        """Where the files of the large tier are, be its disk mounted or not."""
        return self.disk.files

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
        return [pid for pid in process_tree.children(self.keeper(node)) if INTAKE in command(pid) and is_alive(pid)]

    def jobs(self) -> list[JobProcess]:
        """Return the living job processes: each works in the directory of its attempt."""
        found = []
        for node in NODES:
            for pid in process_tree.children(self.keeper(node)):
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


def lines(clocks: Clocks, old: Path | None) -> dict[str, str]:
    """Return the line of each part: the Procfile's own with its clock, and for a node what holds the witness lock.

    The supervisor of `OLD_NODE` is that of the checkout `old`.
    """
    found = parse((ROOT / "Procfile").read_text(encoding="utf-8")) | {"supervisor": "exec python -m chaos.node"}
    if old is not None:
        found["supervisor"] = (
            f'if [ "$AVIO_NODE" = {OLD_NODE} ]; then cd {shlex.quote(str(old))}; fi; {found["supervisor"]}'
        )
    return {name: clocks.line(line) for name, line in found.items()}


@contextmanager
def world(home: Path, disk: Disk, endpoint: str, old: Path | None) -> Iterator[tuple[World, Terminal]]:
    """Run everything in `home`, on the `disk` of a tier and the store at `endpoint`. Yield it with a user.

    One node is of the version in the checkout `old`, if there is one.
    """
    with ExitStack() as stack:
        database = stack.enter_context(postgres(home))
        made = World(home, database, stack.enter_context(valkey(home / "valkey", acl=ACL)), disk, endpoint, old)
        stack.callback(made.cluster.manager.end)
        yield made, made.begin()
