"""An aggregator as a real process over a real stream, into SQLite and into PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from avio import streams
from avio.db import schema
from avio.db.connection import borrow, open_database, shut
from avio.streams import Events
from tests.contract.db import given
from tests.servers.postgres import Postgres

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 15.0

Aggregators = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """One of the two: returns the URL of a new, empty database each time."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/avio.db"
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.make_database


@pytest.fixture
def db(_server: Callable[[], str]) -> Iterator[str]:
    """A database with a user and node n1; the test holds a connection. Yields its URL."""
    url = _server()
    open_database(url)
    with borrow():
        schema.prepare()
        given.user()
        given.node()
        yield url
    shut()


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    with streams.connect(valkey_url) as made:
        yield made


@pytest.fixture
def stream(client: redis.Redis) -> Events:
    return Events(client)


@pytest.fixture
def aggregator(db: str, valkey_url: str, tmp_path: Path) -> Iterator[Aggregators]:
    """Return what starts an aggregator, with further variables; all are ended with the test."""
    started: list[subprocess.Popen[bytes]] = []
    log = tmp_path / "aggregator.log"

    def start(**environ: str) -> "subprocess.Popen[bytes]":
        variables = {
            "AVIO_DATABASE_URL": db,
            "AVIO_REDIS_URL": valkey_url,
            "AVIO_HEARTBEAT": "0.5",
            "AVIO_FENCE": "2",
            "AVIO_LEASE": "3",
            "AVIO_GRACE": "1",
        }
        with open(log, "ab") as output:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "avio.aggregator"],
                    cwd=ROOT,
                    env={**os.environ, **variables, **environ},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(LIMIT)
    print(log.read_text() if log.exists() else "no aggregator was started")
