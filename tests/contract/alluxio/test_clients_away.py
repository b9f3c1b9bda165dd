"""Parts of a real cluster that hang, die, come back, or are set up otherwise than avio was told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from avio.engines.alluxio.clients import master as master_room
from avio.engines.alluxio.clients.cluster import Clients, open_clients
from avio.engines.alluxio.clients.errors import DeadProxy
from avio.engines.alluxio.clients.job_master import JobState
from avio.engines.alluxio.clients.master import Master
from avio.engines.alluxio.clients.proxy import Proxy
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.doctor.doctor import examine
from avio.errors import AccessDenied, EngineAway, PathNotFound
from avio.findings import Severity
from tests.conftest import missing
from tests.contract.alluxio.cluster_files import Tree
from tests.processes import wait_until
from tests.servers.alluxio import Cluster, NoAlluxio, alluxio

pytestmark = pytest.mark.alluxio

NOBODY = Address("127.0.0.1", 1)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def open_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that asks nobody's name."""
    properties = {
        "alluxio.security.authentication.type": "NOSASL",
        "alluxio.security.authorization.permission.enabled": "false",
    }
    try:
        with alluxio(tmp_path_factory.mktemp("open"), properties=properties, kinds=("master", "worker")) as cluster:
            yield cluster
    except NoAlluxio as error:
        missing(str(error))


def test_a_call_waits_for_a_master_that_is_restarted(tree: Tree, alluxio_cluster: Cluster) -> None:
    # Given a connection to a master
    tree.put("a", size=10)

    # When it is killed, a call is made, and it is started again
    alluxio_cluster.kill("master")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(tree.master.patient(360).status, f"{tree.path}/a")
        alluxio_cluster.start("master")

        # Then the call gets its answer, over a new handshake
        assert call.result(timeout=360).length == 10
    wait_until(tree.worker_is_known, 180, "the worker registered again")


def test_jobs_of_a_job_master_that_was_restarted_are_forgotten(
    tree: Tree, clients: Clients, alluxio_cluster: Cluster
) -> None:
    tree.put("a", size=10)
    job = clients.jobs.load([*tree.files])
    assert clients.jobs.status(job).state in JobState

    alluxio_cluster.restart("job-master")

    with pytest.raises(PathNotFound):
        clients.jobs.status(job)
    alluxio_cluster.restart("job-worker")


def test_a_handshake_that_the_server_forgot_is_made_again_once(tree: Tree) -> None:
    tree.put("a", size=10)
    session = tree.master._primary._channels[0]._session
    assert session is not None
    session.metadata = (("channel-id", "00000000-0000-0000-0000-000000000000"),)

    assert tree.master.status(f"{tree.path}/a").length == 10


def test_the_primary_is_found_among_the_masters(settings: AlluxioSettings) -> None:
    clients = open_clients(
        replace(settings, masters=(NOBODY, *settings.masters), web=("http://127.0.0.1:1", *settings.web), patience=0)
    )
    try:
        assert clients.master is not None
        assert clients.master.status("/").folder
        assert clients.info.cluster().workers
    finally:
        clients.close()


def test_masters_that_do_not_answer_are_away_once_the_patience_is_over(settings: AlluxioSettings) -> None:
    master = Master(replace(settings, masters=(NOBODY, Address("127.0.0.1", 2)), patience=1))

    began = time.monotonic()
    with pytest.raises(EngineAway, match=r"127\.0\.0\.1:1"):
        master.status("/")

    assert 1 <= time.monotonic() - began < 15
    master.close()


def test_a_master_that_hangs_is_away_after_the_limit_of_the_call(
    tree: Tree, alluxio_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put("a", size=10)
    impatient = tree.master.patient(0)
    monkeypatch.setattr(master_room, "SHORT_SECONDS", 1.0)

    os.kill(alluxio_cluster.pid("master"), signal.SIGSTOP)
    try:
        with pytest.raises(EngineAway):
            impatient.status(f"{tree.path}/a")
    finally:
        os.kill(alluxio_cluster.pid("master"), signal.SIGCONT)

    assert tree.master.status(f"{tree.path}/a").length == 10


def test_many_threads_share_a_connection(tree: Tree, settings: AlluxioSettings) -> None:
    tree.put("a", size=10)
    master = Master(settings)

    with ThreadPoolExecutor(16) as pool:
        lengths = {status.length for status in pool.map(master.status, [f"{tree.path}/a"] * 200)}

    assert lengths == {10}
    master.close()


FORK = """
import json, os, sys
from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.settings import AlluxioSettings
clients = open_clients(AlluxioSettings.from_settings(json.loads(sys.argv[1])))
def call():
    worker = clients.info.cluster().workers[0]
    clients.workers.check(worker.address)
    clients.proxy.check()
    return clients.master.status("/").folder
for _ in range(2):
    child = os.fork()
    if child == 0:
        os._exit(0 if call() else 1)
    assert os.waitpid(child, 0)[1] == 0
assert call()
"""


def test_clients_that_were_opened_before_a_fork_work_in_the_child(alluxio_cluster: Cluster) -> None:
    settings = json.dumps({"alluxio": alluxio_cluster.settings})

    run = subprocess.run([sys.executable, "-c", FORK, settings], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert run.returncode == 0, run.stderr


def test_a_proxy_that_serves_s3_alone_is_recognised_and_explained(
    tree: Tree, alluxio_cluster: Cluster, settings: AlluxioSettings
) -> None:
    # Given a proxy with the default settings of 2.9
    tree.put("a", size=10)
    tree.load()
    alluxio_cluster.restart("proxy", properties={"alluxio.proxy.s3.v2.version.enabled": "true"})
    proxy = Proxy(settings)
    try:
        # Then no call is believed that it answers with 200 and nothing
        for call in (
            proxy.check,
            lambda: proxy.status(tree.path),
            lambda: proxy.listing(tree.path),
            lambda: proxy.sync(tree.path),
            lambda: proxy.free(tree.path, recursive=True),
            lambda: proxy.mark_persisted(f"{tree.path}/a"),
        ):
            with pytest.raises(DeadProxy) as caught:
                call()
            assert "alluxio.proxy.s3.v2.version.enabled=false" in caught.value.cure

        # And the doctor says it
        assert "proxy" in [finding.subject for finding in examine(settings) if finding.severity is Severity.FAULT]
    finally:
        proxy.close()
        alluxio_cluster.restart("proxy")


def test_the_doctor_finds_nothing_wrong_with_the_cluster(alluxio_cluster: Cluster, settings: AlluxioSettings) -> None:
    found = examine(settings)

    assert [finding for finding in found if finding.severity not in (Severity.GOOD, Severity.NOTE)] == []
    assert {"master", "proxy", "version", "job service", "direct memory"} <= {finding.subject for finding in found}


def test_the_doctor_names_every_part_that_does_not_answer(settings: AlluxioSettings) -> None:
    nowhere = "http://127.0.0.1:1"

    found = examine(
        replace(settings, masters=(NOBODY,), web=(nowhere,), job_master=(nowhere,), proxy=nowhere, patience=0)
    )

    faults = {finding.subject: finding.cure for finding in found if finding.severity is Severity.FAULT}
    assert faults.keys() == {"master", "proxy", "master's web port"}
    assert all(faults.values())


def test_a_user_without_rights_is_told_so(settings: AlluxioSettings) -> None:
    master = Master(replace(settings, user="stranger"))

    with pytest.raises(AccessDenied, match="stranger") as caught:
        master.page("/s3", recursive=False, size=1)

    assert "user" in caught.value.cure
    master.close()


def test_a_cluster_that_asks_for_a_name_refuses_calls_without(settings: AlluxioSettings) -> None:
    master = Master(replace(settings, auth="nosasl"))

    with pytest.raises(AccessDenied) as caught:
        master.status("/")

    assert "auth" in caught.value.cure
    master.close()


def test_a_cluster_that_asks_nobodys_name_is_spoken_to_without(open_cluster: Cluster) -> None:
    clients = open_clients(AlluxioSettings.from_settings({"alluxio": open_cluster.settings}))
    tree = Tree(open_cluster.ufs, clients)
    try:
        tree.put("a")
        tree.load()
        block = tree.blocks()[0]
        read = b"".join(clients.workers.read(tree.worker, block.id, block.length))
    finally:
        clients.close()

    assert read == tree.files[f"{tree.path}/a"][: block.length]


def test_a_handshake_that_nobody_wants_is_explained(open_cluster: Cluster) -> None:
    told = AlluxioSettings.from_settings({"alluxio": open_cluster.settings | {"auth": "simple"}})
    master = Master(told)

    with pytest.raises(AccessDenied) as caught:
        master.status("/")

    assert 'auth = "nosasl"' in caught.value.cure
    master.close()
    faults = {finding.subject for finding in examine(told) if finding.severity is Severity.FAULT}
    assert {"master", "auth"} <= faults
