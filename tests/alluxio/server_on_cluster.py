"""What these tests play on: a whole server over a real cluster, the cluster's own books, and a user at a terminal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from obstore.store import ObjectStore

from avio.client import follow
from avio.client.shapes import JobInfo
from tests.alluxio.cluster_facts import Books
from tests.e2e.procfile_cluster import Cluster
from tests.e2e.terminal import Terminal
from tests.processes import wait_until

END_LIMIT = 540.0  # seconds


@dataclass(frozen=True)
class Stage:
    """A running server whose engine is the cluster of `books`, with `bucket` at /s3, and a user who is logged in."""

    server: Cluster
    books: Books
    bucket: ObjectStore
    user: Terminal

    def run(self, *words: str) -> JobInfo:
        """Order a job and return it as it ended."""
        return self.end_of(self.user.order(*words))

    def end_of(self, job: str) -> JobInfo:
        """Return a job as it ended."""
        with self.user.client() as client:
            [*_, ended] = follow(client, job, limit=END_LIMIT)
        return ended

    def wait_for_files(self, job: str, count: int) -> None:
        """Return once `job` has done more than `count` files."""
        with self.user.client() as client:
            wait_until(lambda: client.job(job)["progress"]["done"]["files"] > count, 270, f"{count} files of the job")

    def log(self, job: JobInfo) -> str:
        """Return the log of a job's process."""
        with self.user.client() as client:
            return "\n".join(client.log(job["id"]))


Make = Callable[..., AbstractContextManager[Stage]]


def assert_all_done(job: JobInfo, files: int, size: int) -> None:
    """Fail unless the job succeeded, and every counter says so."""
    assert (job["status"], job["reason"]) == ("succeeded", None), job["message"]
    counted = job["progress"]
    assert counted["total"] == {"files": files, "bytes": size, "complete": True}
    assert counted["done"] == {"files": files, "bytes": size}
    assert counted["failed"] == {"files": 0, "bytes": 0}
    assert job["verified"] == {"files": files, "bytes": size}
