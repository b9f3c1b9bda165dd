"""Every test here runs over SQLite and over PostgreSQL, on a database with empty tables of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from avio.db import schema
from avio.db.connection import borrow, open_database, shut
from avio.db.sql import change
from tests.contract.db import given
from tests.contract.db.free_world import World
from tests.servers.postgres import Postgres

# Children first.
TABLES = (
    "keeps",
    "cache_maps",
    "totals",
    "counted",
    "uncounted",
    "deliveries",
    "webhooks",
    "failures",
    "timings",
    "artifacts",
    "attempts",
    "predecessors",
    "schedules",
    "jobs",
    "filelist_chunks",
    "filelists",
    "tokens",
    "nodes",
    "node_epochs",
    "turns",
    "users",
    "user_groups",
    "aggregators",
)


@contextmanager
def _opened(url: str) -> Iterator[None]:
    """Hold a connection to the database of `url`; close all at the end."""
    open_database(url, connections=20)
    try:
        with borrow():
            yield
    finally:
        shut()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """One of the two: returns the URL of a new, empty database each time."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/avio.db"
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.make_database


@pytest.fixture(scope="session")
def _tables(_server: Callable[[], str]) -> str:
    """URL of a database with our tables."""
    url = _server()
    with _opened(url):
        schema.prepare()
    return url


@pytest.fixture
def db(_tables: str) -> Iterator[str]:
    """A database with our tables, empty; the test holds a connection. Yields its URL."""
    with _opened(_tables):
        for table in TABLES:
            change(f"DELETE FROM {table}")
        change("UPDATE fair_order SET turn = 0, urgent_turn = 0")
        yield _tables


@pytest.fixture
def empty_db(_server: Callable[[], str]) -> Iterator[str]:
    """A database without tables; the test holds a connection. Yields its URL."""
    url = _server()
    with _opened(url):
        yield url


@pytest.fixture
def world(db: str) -> World:
    """Two users and an admin, with an engine whose files are all cached."""
    for name in ("ada", "bob", "root"):
        given.user(name, admin=name == "root")
    given.node()
    return World()
