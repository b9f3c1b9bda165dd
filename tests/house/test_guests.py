"""The servers that tests start, and the guard that ends what a test leaves behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis

from tests.processes import is_alive, reap, wait_until
from tests.servers.postgres import NoPostgres, Postgres
from tests.servers.shared import SharedServers, server
from tests.servers.valkey import valkey

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_valkey_comes_back_empty_at_the_same_address(tmp_path: Path) -> None:
    with valkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        first = server.pid
        client.set("kept", "no")

        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()

        assert client.get("kept") is None
        assert server.pid != first


def test_each_postgres_database_is_new_and_15_or_later(postgres_server: Postgres) -> None:
    urls = {postgres_server.make_database() for _ in range(2)}

    assert len(urls) == 2
    for url in urls:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            assert cursor.fetchone() == (0,)
            assert connection.server_version >= 150000


def test_workers_share_a_server_from_its_first_use_to_the_end_of_the_run() -> None:
    told: list[str] = []

    @contextmanager
    def start() -> Iterator[object]:
        told.append("starts")
        yield {"port": 1234}
        told.append("ends")

    shared = SharedServers({"postgres": start})
    try:
        assert told == []
        for _ in range(2):
            with server("postgres", shared.address) as found:
                assert found == {"port": 1234}
        assert told == ["starts"]
    finally:
        shared.close()
    assert told == ["starts", "ends"]


def test_a_shared_server_that_cannot_start_is_missing_to_each_worker() -> None:
    @contextmanager
    def start() -> Iterator[object]:
        raise NoPostgres("there is none")
        yield

    shared = SharedServers({"postgres": start})
    try:
        for _ in range(2):
            with pytest.raises(NoPostgres, match="there is none"), server("postgres", shared.address):
                pass
    finally:
        shared.close()


def test_children_that_ended_are_reaped_but_those_of_others() -> None:
    first, second = (subprocess.Popen([sys.executable, "-S", "-c", ""]) for _ in range(2))
    for child in (first, second):
        wait_until(lambda pid=child.pid: not is_alive(pid), 10, "it has ended")

    reap({second.pid})

    assert not Path(f"/proc/{first.pid}").exists()
    assert Path(f"/proc/{second.pid}").exists()
    for child in (first, second):
        child.wait()


def test_no_setting_from_outside_reaches_a_test() -> None:
    assert [name for name in os.environ if name.startswith("AVIO_")] == []


SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
ORPHANING = [
    sys.executable,
    "-c",
    f"import subprocess; print(subprocess.Popen({SLEEPER!r}, stdout=subprocess.DEVNULL).pid)",
]
START_A_CHILD = f"subprocess.Popen({SLEEPER!r}).pid"
START_AN_ORPHAN = f"int(subprocess.check_output({ORPHANING!r}))"


@pytest.mark.parametrize("start", [START_A_CHILD, START_AN_ORPHAN], ids=["child", "orphan"])
def test_a_test_that_leaves_a_process_fails_and_the_process_is_ended(tmp_path: Path, start: str) -> None:
    # Given a test that starts a process and forgets it
    (tmp_path / "test_it.py").write_text(f"""\
import pathlib, subprocess, tests.conftest
tests.conftest.SURVIVAL_LIMIT = 0.1
def test_it():
    pathlib.Path({str(tmp_path / "pid")!r}).write_text(str({start}))
""")

    # When it is run under our conftest
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    # Then it fails for that, and the process is gone
    assert run.returncode == 1, run.stdout
    assert "left behind" in run.stdout
    assert not is_alive(int((tmp_path / "pid").read_text()))
