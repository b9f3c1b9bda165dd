"""Jobs that run, on two nodes with a slot each: how many at once, as which processes; how to cancel or watch one."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Make, Stage
from tests.processes import is_alive, slowness, wait_until
from tests.servers.seaweed import SECRET_KEY, S3Server

TREES = {folder: small_files(80, folder) for folder in ("a", "b", "c")}
SEEN = small_files(80, "seen")
WATCHED = small_files(60, "watched")
LARGE = {f"large/{n}": bytes([n]) * (8 << 20) for n in range(3)} | small_files(900, "large")


@pytest.fixture(scope="module")
def stage(make_stage: Make, seaweed_server: S3Server) -> Iterator[Stage]:
    # One thread loads small objects: each file of a job takes 0.1 s.
    with make_stage(seaweed_server, fault="download.temporary:delay:0.1") as made:
        for tree in [*TREES.values(), LARGE, SEEN, WATCHED]:
            upload(made.bucket, tree)
        yield made


def test_of_three_jobs_two_run_at_a_time_each_in_a_process_and_session_of_its_own(stage: Stage) -> None:
    # Given three preloads at once, on two nodes with one slot each
    with stage.user.client() as client:
        jobs = [client.preload({"alluxioUri": f"/data/{folder}"})["id"] for folder in TREES]
    statuses: list[list[str]] = []
    nodes: set[str | None] = set()
    most, sessions = 0, {}

    # When they are looked at until all have ended
    deadline = time.monotonic() + 60 * slowness()
    with stage.user.client() as client:
        while (not statuses or statuses[-1] != ["succeeded"] * 3) and time.monotonic() < deadline:
            processes = stage.cluster.job_processes()
            most = max(most, len(processes))
            for pid in processes:
                with suppress(ProcessLookupError):
                    sessions[pid] = os.getsid(pid)
            infos = [client.job(job) for job in jobs]
            nodes |= {info["node"] for info in infos if info["status"] == "running"}
            statuses.append(sorted(info["status"] for info in infos))
            time.sleep(0.05)

    # Then never more than two ran, the third waited for its turn, and nothing is left of any
    assert statuses[-1] == ["succeeded"] * 3
    assert ["queued", "running", "running"] in statuses
    assert most == 2
    assert len(sessions) == 3
    assert all(pid == session for pid, session in sessions.items())
    assert nodes == {"n1", "n2"}
    assert [pid for pid in sessions if is_alive(pid)] == []
    assert all(stage.cache.holds(tree) for tree in TREES.values())


def test_cancel_ends_a_running_preload_in_seconds_and_leaves_no_file_half_there(stage: Stage) -> None:
    # Given a preload that somebody watches, with some of its files in the cache
    job = stage.user.order("preload", "/data/large")
    watch = stage.user.begin("watch", job)
    wait_until(lambda: len(stage.cache.names("large")) > 50, 20, "some files in the cache")
    [process] = stage.cluster.job_processes()

    # When it is cancelled
    cancelled = stage.user.json("cancel", job, "--wait")

    # Then its end comes in seconds, and whoever watches is told
    [(took,)] = stage.cluster.query("SELECT finished_at - cancel_at FROM jobs WHERE id = %s", job)
    _, said = watch.communicate(timeout=10)
    assert watch.returncode == 8
    assert said.splitlines()[-3].startswith("cancelled:")
    assert took < 15
    assert cancelled["status"] == "cancelled"

    # And some files arrived, each of them whole, and nothing else is left
    assert not is_alive(process)
    arrived = stage.cache.names("large")
    assert 50 < len(arrived) < len(LARGE)
    assert stage.cache.differing(LARGE) == set()
    assert stage.cache.temporaries() == []


def test_who_watches_sees_progress_and_the_end(stage: Stage) -> None:
    # Given a preload of some seconds
    job = stage.user.order("preload", "/data/watched")

    # When it is watched at a terminal, and by its event stream
    with stage.user.client() as client, ThreadPoolExecutor(1) as pool:
        stream = pool.submit(lambda: list(client.events(job, until=time.monotonic() + 30 * slowness())))
        seen = stage.user.watch(job)
        kinds = [event.kind for event in stream.result()]

    # Then both see it grow to its end
    assert (kinds[0], kinds[-1]) == ("snapshot", "end")
    assert kinds.count("progress") >= 2
    done = [info["progress"]["done"]["files"] for info in seen]
    assert done == sorted(done)
    assert any(0 < files < len(WATCHED) for files in done)
    assert (seen[-1]["status"], done[-1], seen[-1]["progress"]["percent"]) == ("succeeded", len(WATCHED), 100)

    # And what its process said is kept
    assert "succeeded" in stage.user.avio("log", job).stdout


def test_the_secret_of_a_bucket_is_in_no_log_key_or_process(stage: Stage) -> None:
    # Given a preload that runs with the bucket's secret key
    job = stage.user.order("preload", "/data/seen")
    wait_until(lambda: stage.cache.names("seen"), 20, "a file in the cache")
    [process] = stage.cluster.job_processes()
    pids = [process, *map(stage.cluster.manager.pid, ["web", "aggregator", *stage.cluster.nodes])]

    # When all that others may see of it is read, during the run and after
    seen = [_read(Path(f"/proc/{pid}/{name}")) for pid in pids for name in ("cmdline", "environ")]
    seen += _keys(stage.valkey.url) + _files(stage.cluster.spool)
    stage.user.watch(job)
    seen += _keys(stage.valkey.url) + _files(stage.cluster.spool) + _files(stage.cluster.logs)
    seen.append(stage.user.avio("log", job).stdout.encode())

    # Then the job is found there, its secret is not
    assert any(job.encode() in text for text in seen)
    assert not any(SECRET_KEY.encode() in text for text in seen)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, PermissionError):  # gone meanwhile, or closed even to its owner
        return b""


def _files(directory: Path) -> list[bytes]:
    return [_read(path) for path in directory.rglob("*") if path.is_file()]


def _keys(url: str) -> list[bytes]:
    """Return the names and values of all keys, as they lie in the server's memory."""
    with redis.Redis.from_url(url) as client:
        client.config_set("rdbcompression", "no")
        names = list(client.scan_iter())
        return [*names, *(client.dump(name) or b"" for name in names)]
