"""Loads and saves by the job service while it hangs, dies, comes back, or takes long: bounded, and told by its name."""

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients import job_master
from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.clients.job_master import JobMaster, JobServiceAway, JobState, JobStatus
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.save import save as save_module
from avio.engines.base import EntryState
from avio.errors import EngineAway
from avio.wire.results import Outcome
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.alluxio.moves import at_first, preload, save
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

LOSSES = 3
FILES = 100
CONTENTS = [f"precious {no} ".encode() * 5_000 for no in range(FILES)]
UNDER_WAY = [JobState.CREATED, JobState.RUNNING]
BOUND = 90.0  # seconds: a call that hangs, the patience, and the start of the job


@contextmanager
def frozen(cluster: Cluster, kind: str) -> Iterator[None]:
    """A daemon that does nothing, and holds its connections."""
    os.kill(cluster.pid(kind), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(cluster.pid(kind), signal.SIGCONT)


@pytest.fixture
def unsaved(by_rest: AlluxioEngine, alluxio_cluster: Cluster) -> str:
    """A directory with files that were written through Alluxio alone, after a copy that opens the bucket's client."""
    first = f"/s3/{uuid.uuid4().hex}"
    alluxio_cluster.write(first, b"first")
    assert [each.error for each in save(by_rest, first)] == [None]
    path = f"/s3/{uuid.uuid4().hex}"
    for no, content in enumerate(CONTENTS):
        alluxio_cluster.write(f"{path}/f{no}", content)
    return path


def test_a_load_whose_answer_is_lost_is_asked_for_again(
    by_rest: AlluxioEngine, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*(f"f{no}" for no in range(20)), size=1000)

    # Stands in for a network that breaks at the wrong moment; behind it is the real job master.
    def lose_the_answer(load: Callable[..., int], *arguments: Any) -> int:
        load(*arguments)
        raise EngineAway("the connection broke")

    at_first(monkeypatch, JobMaster, "load", LOSSES, lose_the_answer)

    assert {each.outcome for each in preload(by_rest, tree.path)} == {Outcome.DONE}
    tree.wait_until_cached(100)


def test_a_load_that_can_not_be_looked_at_for_a_while_goes_on(
    by_rest: AlluxioEngine, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.put(*(f"f{no}" for no in range(20)), size=1000)

    def break_off(status: Callable[..., JobStatus], *arguments: Any) -> JobStatus:
        raise EngineAway("the connection broke")

    at_first(monkeypatch, JobMaster, "status", LOSSES, break_off)

    assert {(each.outcome, each.tries) for each in preload(by_rest, tree.path)} == {(Outcome.DONE, 1)}


def test_a_job_master_that_hangs_ends_a_preload_in_time_and_is_named(
    by_rest: AlluxioEngine, tree: Tree, alluxio_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_master, "SILENCE_SECONDS", 5.0)
    tree.put(*(f"f{no}" for no in range(200)), size=1000)

    with frozen(alluxio_cluster, "job-master"):
        began = time.monotonic()
        with pytest.raises(JobServiceAway, match="job master has not answered"):
            preload(by_rest, tree.path)

        assert time.monotonic() - began < BOUND
    wait_until(lambda: all(thread.name != "windows" for thread in threading.enumerate()), 60, "its thread has ended")


def test_a_job_master_that_hangs_ends_a_save_in_time_and_is_named(
    by_rest: AlluxioEngine, unsaved: str, alluxio_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_master, "SILENCE_SECONDS", 5.0)

    with frozen(alluxio_cluster, "job-master"):
        began = time.monotonic()
        with pytest.raises(JobServiceAway, match="job master has not answered"):
            save(by_rest, unsaved)

        assert time.monotonic() - began < BOUND

    # And nothing is harmed: the next attempt saves all
    assert {each.error for each in save(by_rest, unsaved)} == {None}


@pytest.mark.parametrize("files", [5, 64])
def test_a_save_ends_in_time_without_a_job_master_however_many_files_it_has(
    clients: Clients,
    alluxio_cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    files: int,
) -> None:
    monkeypatch.setattr(job_master, "SILENCE_SECONDS", 20.0)
    caplog.set_level(logging.WARNING)
    engine = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings})
    path = f"/s3/{uuid.uuid4().hex}"
    for no in range(files):
        alluxio_cluster.write(f"{path}/f{no}", CONTENTS[no])

    alluxio_cluster.kill("job-master")
    try:
        began = time.monotonic()
        with pytest.raises(JobServiceAway, match="job master has not answered"):
            save(engine, path)
        assert time.monotonic() - began < BOUND
        assert "the job service does not answer" in caplog.text
    finally:
        alluxio_cluster.start("job-master")
        wait_until(clients.jobs.worker_hosts, 120, "the job worker has registered again")

    # And nothing is harmed: Alluxio saves them once it has a job master, or the next attempt does
    found = engine.stat(path)
    assert (found.files, found.files_cached, found.state) == (files, files, EntryState.DIRTY)
    engine.close()


@pytest.mark.parametrize(
    ("kind", "reason"), [("job-master", "forgot the copy"), ("job-worker", "starting the copy of")]
)
def test_copies_that_are_lost_by_a_restart_are_made_again(
    by_rest: AlluxioEngine,
    unsaved: str,
    clients: Clients,
    alluxio_cluster: Cluster,
    bucket: ObjectStore,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    reason: str,
) -> None:
    caplog.set_level(logging.WARNING)
    with ThreadPoolExecutor(1) as pool:
        # Given copies that wait for a job worker which does nothing
        moved = pool.submit(save, by_rest, unsaved)
        wait_until(lambda: some_are_saved(bucket, unsaved), 60, "the first are saved")
        with frozen(alluxio_cluster, "job-worker"):
            wait_until(lambda: len(clients.jobs.find("Persist", UNDER_WAY)) > 1, 60, "copies are under way")

            # When the job master is restarted, which forgets them, or the job worker, which has lost them
            alluxio_cluster.restart(kind)

        # Then they are made again, and all is saved
        assert {(each.outcome, each.error) for each in moved.result(timeout=300)} == {(Outcome.DONE, None)}
    assert reason in caplog.text
    assert contents(bucket, unsaved) == CONTENTS


def test_a_copy_that_takes_long_is_waited_for_while_the_job_service_is_at_work(
    by_rest: AlluxioEngine,
    unsaved: str,
    clients: Clients,
    alluxio_cluster: Cluster,
    bucket: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(save_module, "STUCK_SECONDS", 2.0)
    monkeypatch.setattr(save_module, "ASK_WHY_SECONDS", 0.5)
    with ThreadPoolExecutor(1) as pool:
        # Given copies that take longer than the time in which one must end or be worked on
        moved = pool.submit(save, by_rest, unsaved)
        wait_until(lambda: some_are_saved(bucket, unsaved), 60, "the first are saved")
        with frozen(alluxio_cluster, "job-worker"):
            wait_until(lambda: len(clients.jobs.find("Persist", UNDER_WAY)) > 1, 60, "copies are under way")
            time.sleep(5)
            assert not moved.done()

        # Then they are waited for
        assert {(each.outcome, each.error) for each in moved.result(timeout=300)} == {(Outcome.DONE, None)}
    assert contents(bucket, unsaved) == CONTENTS


def some_are_saved(bucket: ObjectStore, path: str) -> bool:
    """Tell whether more than the first, which goes alone, have their object."""
    found = [each["path"] for page in obstore.list(bucket, path.removeprefix("/s3/")) for each in page]
    return sum("/f" in each for each in found) > 1


def contents(bucket: ObjectStore, path: str) -> list[bytes]:
    return [bytes(obstore.get(bucket, f"{path.removeprefix('/s3/')}/f{no}").bytes()) for no in range(FILES)]
