"""The space that the tables take, on both databases, and the return of what is free."""

from avio.db import artifacts, space
from avio.db.connection import is_sqlite
from avio.db.sql import change
from avio.db.tables import MODELS
from tests.contract.db import given


def test_each_table_has_its_rows_and_bytes_and_the_whole_has_no_fewer(db: str) -> None:
    given.user()
    job = given.job()
    artifacts.add(job, 1, "log", 0, b"text")

    found = {table.name: table for table in space.tables()}
    whole, free = space.total()

    assert found.keys() == {model._meta.table_name for model in MODELS}
    assert (found["jobs"].rows, found["artifacts"].rows, found["tokens"].rows) == (1, 1, 0)
    assert sum(table.bytes or 0 for table in found.values()) <= whole
    assert all(table.bytes for table in found.values())
    assert (free is None) is not is_sqlite()


def test_a_vacuum_keeps_the_rows(db: str) -> None:
    given.user()
    job = given.job()
    for no in range(50):
        artifacts.add(job, 1, "log", no, str(no).encode())
    change("DELETE FROM artifacts WHERE no > 0")

    space.vacuum()

    assert list(artifacts.read(job, 1, "log")) == [b"0"]
    assert space.total()[1] in (0, None)


def test_a_node_lives_as_long_as_its_lease(db: str) -> None:
    given.node("n1")
    given.node("n2")
    given.lease_over("n2", 1)

    assert space.live_nodes() == ["n1"]
