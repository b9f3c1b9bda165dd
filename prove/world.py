"""A server over an Alluxio cluster whose tiers hold 256 MB: two workers, each with 32 MB of MEM and 96 MB of SSD."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from avio.client import follow
from avio.client.shapes import JobInfo
from prove.witness import Witness
from tests.e2e.procfile_cluster import Cluster
from tests.e2e.terminal import Terminal
from tests.servers import alluxio
from tests.servers.postgres import postgres
from tests.servers.valkey import valkey

MIB = 1 << 20
END_LIMIT = 300.0  # seconds until a job has ended

TIERS = "alluxio.worker.tieredstore.level"
PROPERTIES = {
    TIERS + "s": "2",
    TIERS + "0.alias": "MEM",
    TIERS + "0.dirs.quota": "32MB",
    TIERS + "1.alias": "SSD",
    TIERS + "1.dirs.quota": "96MB",
    "alluxio.worker.ramdisk.size": "32MB",
    "alluxio.user.block.size.bytes.default": "4MB",
}


@dataclass(frozen=True, slots=True)
class FileSet:
    """A directory of the bucket: so many files of so many bytes."""

    path: str
    files: int
    size: int

    def write(self, root: Path) -> None:
        """Write the files below the bucket's `root`."""
        directory = root / self.path[1:]
        directory.mkdir()
        for number in range(self.files):
            (directory / f"{number:04}").write_bytes(number.to_bytes(4, "big") * (self.size // 4))


# Any two of them together are more than the cache holds, and each of them is less.
BIG = FileSet("/big", 60, 4 * MIB)
SMALL = FileSet("/small", 2450, 40 << 10)
LEFT = FileSet("/left", 40, 4 * MIB)
RIGHT = FileSet("/right", 160, 1 * MIB)
SETS = (BIG, SMALL, LEFT, RIGHT)
ALL = FileSet("/", sum(files.files for files in SETS), 0)


@dataclass(frozen=True, slots=True)
class World:
    """A user of the running server, and a witness of what the cluster has."""

    user: Terminal
    witness: Witness

    def begin(self, files: FileSet, *options: str) -> str:
        """Order a preload and return its id."""
        return self.user.order("preload", files.path, *options)

    def end_of(self, job: str) -> JobInfo:
        """Return a job as it ended."""
        with self.user.client() as client:
            [*_, ended] = follow(client, job, limit=END_LIMIT)
        return ended

    def free(self, files: FileSet) -> None:
        """Free all of a set by avio; return as soon as avio does."""
        run = self.user.avio("free", "-r", files.path)
        assert run.returncode == 0, run.stderr


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Run everything in `home`; stop it at the end. Raises NoAlluxio."""
    with ExitStack() as stack:
        daemons = ("master", "worker", "proxy")
        cluster = stack.enter_context(
            alluxio.alluxio(home / "alluxio", workers=2, properties=PROPERTIES, kinds=daemons)
        )
        for files in SETS:
            files.write(cluster.ufs)
        database = stack.enter_context(postgres(home)).make_database()
        redis = stack.enter_context(valkey(home / "valkey")).url
        (home / "avio.toml").write_text(cluster.toml(), encoding="utf-8")
        server = Cluster(home, {"database_url": database, "redis_url": redis, "slots": "2"}, ("n1",))
        stack.callback(server.manager.end)
        server.start()
        user = server.add_user("worker")
        server.wait_until_ready()
        user.log_in()
        yield World(user, stack.enter_context(Witness(cluster)))
