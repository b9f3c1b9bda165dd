"""Jobs that want the same files at once: the workers read them from the bucket once, and each job ends with all."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.alluxio.cluster_facts import Books
from tests.alluxio.server_on_cluster import Make, Stage
from tests.e2e.file_trees import small_files
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

USERS = 10
READ = "Worker.BytesReadUfsThroughput."  # the meters of a worker, for each bucket and job
SLOWLY = 3 << 20  # bytes a second of the first job: the others begin while it runs


@pytest.fixture(scope="module")
def roomy(make_stage: Make, alluxio_cluster: Cluster) -> Iterator[Stage]:
    """A server that runs all of the jobs at once."""
    with make_stage(alluxio_cluster, slots=USERS) as made:
        yield made


def read_from_bucket(books: Books) -> int:
    """Return the bytes that the workers have read from the buckets so far."""
    found = 0
    for n, host in books.cluster.hosts.items():
        url = f"http://{host}:{books.cluster.port('worker.web', n)}/metrics/json/"
        meters = httpx2.get(url, timeout=30, follow_redirects=True).json()["meters"]
        found += sum(each["count"] for name, each in meters.items() if name.startswith(READ))
    return found


def order(stage: Stage, path: str, jobs: int = 1, **limits: int) -> list[str]:
    """Order preloads of `path` at once."""
    with stage.user.client() as client:
        return [client.preload({"alluxioUri": path, **limits})["id"] for _ in range(jobs)]


def size_of(tree: dict[str, bytes]) -> int:
    return sum(map(len, tree.values()))


def test_ten_jobs_that_want_one_set_load_it_once(roomy: Stage) -> None:
    tree = small_files(3000, "one-set", size=20_000)
    roomy.books.cluster.put(tree)
    before = read_from_bucket(roomy.books)

    jobs = [*order(roomy, "/one-set", bandwidth=SLOWLY), *order(roomy, "/one-set", USERS - 1)]
    ended = [roomy.end_of(job) for job in jobs]

    assert [(job["status"], job["progress"]["done"]["files"]) for job in ended] == [("succeeded", 3000)] * USERS
    others = [job["progress"] for job in ended[1:]]
    # What is in place before a job lists it is skipped.
    assert {each["shared"]["files"] + each["skipped"]["files"] for each in others} == {3000}
    assert all(each["shared"]["files"] > 1500 for each in others)
    assert sum(job["progress"]["bytesWire"] for job in ended) == size_of(tree)
    assert read_from_bucket(roomy.books) - before == size_of(tree)
    assert roomy.books.percents("/one-set") == {100: 3000}


def test_nine_are_cancelled_and_the_tenth_brings_all(roomy: Stage) -> None:
    tree = small_files(4000, "cancelled-set", size=16_000)
    roomy.books.cluster.put(tree)
    jobs = [*order(roomy, "/cancelled-set", bandwidth=SLOWLY), *order(roomy, "/cancelled-set", USERS - 1)]
    roomy.wait_for_files(jobs[0], 100)
    with roomy.user.client() as client:
        wait_until(lambda: str(client.job(jobs[-1]).get("waiting")).count("OTHER_JOB") > 0, 60, "the tenth waits")
        for job in jobs[:-1]:
            client.cancel(job)
    last = roomy.end_of(jobs[-1])

    assert [roomy.end_of(job)["status"] for job in jobs[:-1]] == ["cancelled"] * (USERS - 1)
    assert (last["status"], last["progress"]["done"]["files"]) == ("succeeded", 4000)
    assert 0 < last["progress"]["shared"]["files"] < 4000
    assert roomy.books.percents("/cancelled-set") == {100: 4000}


def test_sets_that_overlap_load_their_difference_and_the_rest_once(roomy: Stage) -> None:
    trees = {folder: small_files(1500, f"overlap/{folder}", size=20_000) for folder in "ab"}
    for tree in trees.values():
        roomy.books.cluster.put(tree)
    before = read_from_bucket(roomy.books)

    jobs = [*order(roomy, "/overlap/a", bandwidth=SLOWLY), *order(roomy, "/overlap")]
    ended = [roomy.end_of(job) for job in jobs]

    assert [job["status"] for job in ended] == ["succeeded", "succeeded"]
    second = ended[1]["progress"]
    # What is in place before the second job lists it is skipped.
    assert second["shared"]["files"] + second["skipped"]["files"] == 1500
    assert second["shared"]["files"] > 750
    total = sum(map(size_of, trees.values()))
    assert sum(job["progress"]["bytesWire"] for job in ended) == total
    assert read_from_bucket(roomy.books) - before == total
