"""A SQLite database with our tables, a user and node n1 in epoch 1."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.db import schema
from avio.db.connection import borrow, open_database, shut
from tests.contract.db import given


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[str]:
    """The test holds a connection. Yields the URL."""
    url = f"sqlite:///{tmp_path}/avio.db"
    open_database(url)
    with borrow():
        schema.prepare()
        given.user()
        given.node()
        yield url
    shut()
