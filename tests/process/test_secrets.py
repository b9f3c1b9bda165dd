"""No job process and no keeper has the URLs of database and Redis: not in its environment, not in its memory."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.site import Site
from tests.processes import wait_until
from tests.servers.ports import free_port

MISBEHAVING = "tests.process.programs.misbehaving"
CHUNK_BYTES = 4 << 20

# Put together here alone, so that no program has one for another reason.
CANARIES = {name: f"CANARY-{name}" for name in ("database", "redis", "file", "variable", "metrics_token")}
THEIRS = "executors-password"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a job process")


@pytest.fixture
def site_with_canaries(tmp_path: Path) -> Iterator[Site]:
    url = f"redis://:{CANARIES['redis']}@127.0.0.1:{free_port()}/0"
    site = Site(tmp_path, url, f"sqlite:///{tmp_path}/{CANARIES['database']}.db")
    config = tmp_path / "avio.toml"
    secrets = f'metrics = "token"\nmetrics_token = "{CANARIES["metrics_token"]}"\n'
    config.write_text(f'{secrets}redis_url = "redis://:{CANARIES["file"]}@127.0.0.1:1/0"\n{config.read_text()}')
    yield site
    site.close(failed=True)


def environ_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def memory_of(pid: int) -> Iterator[bytes]:
    """Yield the memory of a process that it may write to, with an overlap: there are its heap, its stack, its data."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span = re.match(r"([0-9a-f]+)-([0-9a-f]+) (rw|r-)", line)
            if span is None or "[v" in line:
                continue
            begin, end = int(span[1], 16), int(span[2], 16)
            for at in range(begin, end, CHUNK_BYTES):
                try:
                    memory.seek(at)
                    yield memory.read(min(CHUNK_BYTES + 100, end - at))
                except OSError:
                    break


def found_in(pid: int) -> set[str]:
    """Return the names of the canaries in the memory of a process."""
    found: set[str] = set()
    for text in memory_of(pid):
        found |= {name for name, canary in CANARIES.items() if canary.encode() in text}
    return found


@as_root
def test_no_job_has_the_urls_of_database_and_redis_in_environment_or_memory(site_with_canaries: Site) -> None:
    site = site_with_canaries
    job = site.order("/data/wait")
    supervisor = site.supervisor(
        module=MISBEHAVING,
        AVIO_EXECUTOR_REDIS_URL=f"redis://executor:{THEIRS}@127.0.0.1:1/0",
        SECRET_VARIABLE=CANARIES["variable"],
    )
    pid = supervisor.job()
    wait_until(lambda: site.row(job)["state"] == "running", 15, "the job runs")

    for process in (pid, supervisor.pid):
        assert b"CANARY" not in environ_of(process)
        assert b"AVIO_DATABASE_URL" not in environ_of(process)
        assert found_in(process) == set()
    # The search finds what is there: a job has the URL that is its own, intake has all.
    assert any(THEIRS.encode() in text for text in memory_of(pid))
    assert {"database", "redis"} <= found_in(supervisor.intake())


@as_root
def test_a_new_intake_has_them_again(site_with_canaries: Site) -> None:
    site = site_with_canaries
    site.fill(3)
    supervisor = site.supervisor()
    first = supervisor.intake()
    wait_until(lambda: site.node() is not None, 15, "the node is registered")

    os.kill(first, 9)

    wait_until(lambda: supervisor.intakes() not in ([], [first]), 15, "another intake")
    job = site.order()
    assert site.wait_for_end(job)["state"] == "succeeded"
