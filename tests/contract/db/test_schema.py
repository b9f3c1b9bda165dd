"""`schema.sql` against models and enums; making the tables, and upgrading them."""

import re
import time
from pathlib import Path

import pytest
from peewee import DatabaseError

from avio.db import artifacts, orders, schema
from avio.db.models import database
from avio.db.sql import change, dialect, row
from avio.db.tables import MODELS
from avio.errors import Unavailable
from avio.wire.progress import COUNTERS, Counters
from avio.wire.schedules import Missed, Overlap
from avio.wire.states import OWNED, TERMINAL, JobType, Phase, State
from tests.contract.db import given

TEXT = schema.SCHEMA.read_text(encoding="utf-8")
TABLES = dict(re.findall(r"^CREATE TABLE (\w+) \(\n(.*?)^\);", TEXT, re.MULTILINE | re.DOTALL))
NODE_STATES = {"active", "draining", "lost"}


def columns(body: str) -> dict[str, str]:
    """Return the text of each column of a CREATE TABLE, its comment included."""
    found: dict[str, str] = {}
    for line in body.splitlines():
        first = line.split()[0]
        if first.islower() and first.replace("_", "").isalpha():
            found[first] = line
        elif first.isupper():
            continue
        elif found:
            found[list(found)[-1]] += line
    return found


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_comment(table: str) -> None:
    assert columns(TABLES[table])
    for name, text in columns(TABLES[table]).items():
        assert re.search(r"-- \S.{5,}", text), f"{table}.{name} has no comment"


def test_every_list_of_words_in_the_schema_is_that_of_an_enum() -> None:
    lists = [frozenset(re.findall(r"'(\w+)'", words)) for words in re.findall(r"\bIN\s*\(([^()]*')\)", TEXT)]
    enums = [frozenset(State), TERMINAL, OWNED, frozenset(Phase), frozenset(artifacts.KINDS), frozenset(NODE_STATES)]
    enums += [frozenset(Missed), frozenset(Overlap)]

    assert set(lists) == set(enums)
    assert lists.count(frozenset(TERMINAL)) == 3  # a CHECK, and the trigger of each dialect


def test_the_types_of_the_schema_are_those_of_the_enum() -> None:
    (words,) = re.findall(r"type IN \(([0-9, ]+)\)", TEXT)

    assert {int(word) for word in words.split(",")} == set(JobType)


def test_no_query_spells_a_list_of_states_but_takes_it_from_the_table_of_moves() -> None:
    code = "".join(file.read_text() for file in Path(schema.__file__).parent.glob("*.py"))
    lists = re.findall(r"\bstate (?:NOT )?IN\s*({\w+}|\S)", code)

    assert len(lists) > 5
    assert set(lists) == {"{owned}", "{unfinished}"}


def test_the_lists_of_states_are_those_of_the_partial_index(db: str) -> None:
    # PostgreSQL and SQLite use jobs_owned only where a query's list is the one of the index.
    assert dialect("IN {owned}") == "IN ('starting', 'running', 'stopping')"
    assert f"WHERE state {dialect('IN {owned}')};" in TEXT
    assert dialect("{unfinished}") == "('queued', 'starting', 'running', 'stopping')"


def test_tables_columns_and_nulls_are_those_of_the_models(db: str) -> None:
    assert schema.differences() == []
    assert set(database.get_tables()) - {"sqlite_sequence"} == {model._meta.table_name for model in MODELS}
    for model in MODELS:
        fields = model._meta.columns
        for column in database.get_columns(model._meta.table_name):
            is_key = column.name in model._meta.get_primary_keys() or column.primary_key
            assert column.null == fields[column.name].null or is_key, f"{model.__name__}.{column.name}"


def test_the_counters_of_a_job_are_columns_that_begin_at_0() -> None:
    defaults = {name for name, text in columns(TABLES["jobs"]).items() if "BIGINT NOT NULL DEFAULT 0" in text}

    assert defaults == COUNTERS.keys()


def test_a_database_without_the_defaults_takes_orders_too(empty_db: str) -> None:
    for statement in schema.statements(TEXT.replace(" DEFAULT 0", "")):
        database.execute_sql(statement)
    given.user()

    job, made = orders.insert(orders.NewJob(1, "load", 1, "{}"))

    assert made
    assert job.counters == Counters()


def test_a_missing_table_a_missing_column_and_a_foreign_column_are_told(empty_db: str) -> None:
    schema.prepare()
    change("DROP TABLE failures")
    change("ALTER TABLE nodes DROP COLUMN boot_id")
    change("ALTER TABLE nodes ADD COLUMN colour TEXT")

    assert schema.differences() == [
        "column nodes.boot_id is missing",
        "column nodes.colour is unknown",
        "table failures is missing",
    ]


def test_preparing_twice_changes_nothing(empty_db: str) -> None:
    assert schema.version() == 0
    assert schema.prepare() == 1
    assert schema.version() == schema.VERSION
    assert schema.prepare() == 0


def test_the_upgrades_are_numbered_from_two_to_our_version() -> None:
    assert [number for number, _ in schema._upgrades()] == list(range(2, schema.VERSION + 1))


def test_an_upgrade_is_done_once_and_in_the_order_of_numbers(
    empty_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.prepare()
    upgrades = tmp_path / "upgrades"
    upgrades.mkdir()
    (upgrades / f"{schema.VERSION + 2:04}-fill.sql").write_text(
        "UPDATE nodes SET colour = 'blue'; -- a comment; with a semicolon\n"
    )
    (upgrades / f"{schema.VERSION + 1:04}-colour.sql").write_text("ALTER TABLE nodes ADD COLUMN colour TEXT;\n")
    monkeypatch.setattr(schema, "UPGRADES", upgrades)
    newest = schema.VERSION + 2
    monkeypatch.setattr(schema, "VERSION", newest)

    assert schema.prepare() == 2
    assert schema.version() == newest
    assert schema.prepare() == 0


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    empty_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.prepare()
    upgrades = tmp_path / "upgrades"
    upgrades.mkdir()
    (upgrades / f"{schema.VERSION + 1:04}-colour.sql").write_text(
        "ALTER TABLE nodes ADD COLUMN colour TEXT;\nUPDATE nowhere SET a = 1;\n"
    )
    monkeypatch.setattr(schema, "UPGRADES", upgrades)

    with pytest.raises(DatabaseError):
        schema.prepare()

    assert schema.version() == schema.VERSION
    assert schema.differences() == []


@pytest.mark.parametrize(("found", "cure"), [(0, "avio-server db upgrade"), (schema.VERSION + 1, "install that avio")])
def test_a_database_of_another_version_is_refused_with_the_cure(empty_db: str, found: int, cure: str) -> None:
    schema.prepare()
    change("UPDATE schema_version SET version = ?", found)

    with pytest.raises(Unavailable, match=f"version {found}") as refused:
        schema.require_current()

    assert cure in refused.value.cure


def test_an_older_avio_upgrades_nothing_in_a_newer_database(empty_db: str) -> None:
    schema.prepare()
    change("UPDATE schema_version SET version = ?", schema.VERSION + 1)

    with pytest.raises(Unavailable, match="a newer avio upgraded it"):
        schema.prepare()


def test_every_foreign_key_is_the_beginning_of_an_index() -> None:
    # A row that others point at is deleted only after a look at them: without an index, at all of them.
    indexes = {(table, first) for table, first in re.findall(r"^CREATE INDEX \w+ ON (\w+) \((\w+)", TEXT, re.MULTILINE)}
    for table, body in TABLES.items():
        indexes |= {(table, first) for first in re.findall(r"^    PRIMARY KEY \((\w+)", body, re.MULTILINE)}
    keys = {
        (table, name) for table, body in TABLES.items() for name, text in columns(body).items() if "REFERENCES" in text
    }

    assert len(keys) > 5
    assert keys - indexes == set()


def test_the_clock_of_the_database_has_fractions_and_is_ours(db: str) -> None:
    first = row("SELECT {now}")

    assert first is not None
    assert abs(first[0] - time.time()) < 2
    assert first[0] != int(first[0])
