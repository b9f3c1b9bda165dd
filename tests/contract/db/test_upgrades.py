"""An old database that is upgraded: it is as a new one, and its rows are all there."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from peewee import IntegrityError

from avio.db import claims, ends, filelists, leases, schema
from avio.db.connection import borrow, is_sqlite
from avio.db.models import database
from avio.db.sql import change, rows
from avio.wire.states import JobType, State
from tests.contract.db import dump, given

FIRST = Path(__file__).parent / "schemas" / "0001.sql"

# What the database itself knows of its tables, by name; comments and blanks are left out.
SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"
POSTGRESQL = (
    """SELECT 'column', table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'""",
    "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
)


def known() -> dict[tuple[str, str], str]:
    """Return what the open database knows of its tables."""
    found = {}
    for query in (SQLITE,) if is_sqlite() else POSTGRESQL:
        for kind, name, text in database.execute_sql(query).fetchall():
            found[kind, name] = _plain(text or "")
    return found


def _plain(text: str) -> str:
    """Return SQL without comments and blanks; a column that an ALTER added stands last, so their order is none."""
    code = "".join(re.sub(r"--[^\n]*", "", text).split()).replace('"', "")
    return ",".join(sorted(code.rstrip(")").split(",")))


def _make_anew() -> None:
    """Drop all tables, and make new ones."""
    for table in schema.MODELS[::-1]:
        change(f"DROP TABLE {table._meta.table_name} {'' if is_sqlite() else 'CASCADE'}")
    if not is_sqlite():
        change("DROP FUNCTION guard_jobs CASCADE")
        change("DROP FUNCTION add_delivery CASCADE")
        change("DROP FUNCTION add_uncounted CASCADE")
    schema.prepare()


def make_first() -> None:
    """Make the tables of version 1."""
    for statement in schema.statements(FIRST.read_text(encoding="utf-8")):
        database.execute_sql(statement)


def fill() -> None:
    """Put rows into all tables, as version 1 had them."""
    change("INSERT INTO users (uid, name, password_hash, admin, created_at) VALUES (1, 'ada', 'h', false, 5)")
    change("INSERT INTO tokens (digest, uid, created_at, expires_at) VALUES ('d', 1, 5, 6)")
    job = (
        "INSERT INTO jobs (id, uid, name, type, params, idem_key, retry_of, state, message, attempt, seq, crashes,"
        " losses, run_at, files_total, bytes_total, total_complete, files_done, bytes_done, files_skipped,"
        " bytes_skipped, files_failed, bytes_failed, bytes_wire, speed_bps, errors, version, created_at, updated_at,"
        " finished_at) VALUES (?, 1, 'n', 1, ?, ?, ?, ?, '', 1, 7, 0, 0, 5, 3, 30, true, 3, 30, 0, 0, 0, 0, 30, 0,"
        " '[]', 4, 5, 6, ?)"
    )
    change(job, "J1", '{"alluxioUri": "/data/\\u00e4 b", "fromFileList": false}', "key", None, "succeeded", 9)
    change(job, "J2", '{"fromFileList": true, "fileListId": "L"}', None, "J1", "queued", None)
    change("INSERT INTO attempts (job_id, attempt, node, epoch, started_at) VALUES ('J1', 1, 'n1', 1, 5)")
    change("INSERT INTO artifacts (job_id, attempt, kind, no, data) VALUES ('J1', 1, 'log', 0, ?)", b"x")
    change(
        "INSERT INTO failures (job_id, path, attempt, reason, message, tries) VALUES ('J1', '/data/a', 1, 'R', 'm', 1)"
    )


def test_an_upgraded_database_is_as_a_new_one(empty_db: str) -> None:
    make_first()
    assert schema.version() == 1
    schema.prepare()
    upgraded = known()
    assert schema.version() == schema.VERSION
    assert schema.differences() == []
    _make_anew()

    assert upgraded == known()


def test_an_upgrade_keeps_every_job_and_what_hangs_on_it(empty_db: str) -> None:
    make_first()
    fill()

    schema.prepare()

    kept = rows("SELECT id, uid, idem_key, retry_of, state, files_done, version, finished_at FROM jobs ORDER BY id")
    assert kept == [("J1", 1, "key", None, "succeeded", 3, 4, 9), ("J2", 1, None, "J1", "queued", 3, 4, None)]
    assert rows("SELECT path, released_at FROM jobs ORDER BY id") == [("/data/ä b", None), (None, None)]
    for table in ("users", "tokens", "attempts", "artifacts"):
        assert rows(f"SELECT count(*) FROM {table}") == [(1,)], table
    if is_sqlite():
        assert database.execute_sql("PRAGMA foreign_key_check").fetchall() == []


def prepare_at_once(number: int) -> list[int]:
    """Prepare the tables in `number` threads that begin together. Return their steps, sorted."""
    gate = Barrier(number)

    def prepare() -> int:
        with borrow():
            gate.wait()
            return schema.prepare()

    with ThreadPoolExecutor(number) as pool:
        return sorted(future.result() for future in [pool.submit(prepare) for _ in range(number)])


def test_of_upgrades_at_once_one_does_all_and_the_others_find_nothing_to_do(empty_db: str) -> None:
    make_first()
    fill()

    assert prepare_at_once(4) == [0, 0, 0, schema.VERSION - 1]
    versions = [(number,) for number in range(1, schema.VERSION + 1)]
    assert rows("SELECT version FROM schema_version ORDER BY version") == versions


def test_tables_that_are_made_by_several_at_once_are_made_once(empty_db: str) -> None:
    assert prepare_at_once(4) == [0, 0, 0, 1]
    assert schema.differences() == []


def test_an_upgrade_may_take_longer_than_a_query(
    empty_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_sqlite():
        pytest.skip("SQLite has no time limit on a statement")
    schema.prepare()
    (tmp_path / f"{schema.VERSION + 1:04}-limit.sql").write_text(
        "CREATE TABLE limits AS SELECT current_setting('statement_timeout') AS statement,"
        " current_setting('lock_timeout') AS lock;"
    )
    monkeypatch.setattr(schema, "UPGRADES", tmp_path)

    assert schema.prepare() == 1

    assert rows("SELECT statement, lock FROM limits") == [("0", "5s")]
    assert rows("SELECT current_setting('statement_timeout')") == [("30s",)]


@pytest.fixture
def before(empty_db: str) -> int:
    """Load the newest dump of a version before: jobs in every state, and a node that runs some. Return its version."""
    dialect = "sqlite" if is_sqlite() else "postgresql"
    dumps = {int(file.name[:4]): file for file in dump.SCHEMAS.glob(f"*.{dialect}.sql")}
    newest = max(number for number in dumps if number < schema.VERSION)
    dump.load(dumps[newest])
    assert schema.version() == newest
    return newest


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables, without columns that the version before lacks."""
    found = {}
    for table in sorted(set(database.get_tables()) - {"schema_version"}):
        names = [column.name for column in database.get_columns(table)]
        texts = [tuple(map(_text, row)) for row in rows(f"SELECT * FROM {table}")]
        found[table] = sorted((dict(zip(names, row, strict=True)) for row in texts), key=str)
    return found


def _text(cell: Any) -> str:
    return str(bytes(cell) if isinstance(cell, memoryview) else cell)


def test_the_version_before_is_upgraded_with_all_of_its_rows(before: int) -> None:
    earlier = all_rows()
    assert {job["state"] for job in earlier["jobs"]} == set(State)
    assert all(earlier.values())

    assert schema.prepare() == schema.VERSION - before

    now = all_rows()
    for table, found in earlier.items():
        assert [{name: row[name] for name in found[0]} for row in now[table]] == found
    assert schema.differences() == []
    upgraded = known()
    _make_anew()
    assert upgraded == known()


@pytest.mark.usefixtures("before")
def test_an_upgraded_database_takes_the_types_of_jobs_that_there_are_and_no_other() -> None:
    schema.prepare()
    newest = "UPDATE jobs SET type = ? WHERE id = (SELECT max(id) FROM jobs)"

    assert change(newest, max(JobType)) == 1
    with pytest.raises(IntegrityError):
        change(newest, max(JobType) + 1)


@pytest.mark.usefixtures("before")
def test_jobs_that_ran_during_the_upgrade_go_on() -> None:
    schema.prepare()

    assert leases.renew("n1", 1, 60)
    held = {one.state: one for one in leases.held("n1", 1)}
    assert held.keys() == {"starting", "running", "stopping"}
    running = held["running"].job
    assert ends.finish(given.result(running), "succeeded")
    assert ends.give_back(held["starting"].job, 1, ends.Cause.LOST, "words") == "queued"
    assert claims.mark_running(held["stopping"].job, 1, "n1", 1, pid=1) is False
    assert len(claims.due(10)) == 4
    (by_list,) = rows("SELECT id, list_id FROM jobs WHERE path IS NULL")
    assert filelists.find(by_list[1], 1) is not None


@pytest.mark.parametrize("start", ["empty", "before"])
def test_of_two_processes_that_upgrade_at_once_one_does_it(
    empty_db: str, start: str, request: pytest.FixtureRequest
) -> None:
    if start == "before":
        request.getfixturevalue("before")
    command = [sys.executable, "-m", "avio.admin", "db", "upgrade"]
    environ = {**os.environ, "AVIO_DATABASE_URL": empty_db}
    both = [
        subprocess.Popen(
            command, env=environ, cwd=schema.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=60)[0] for process in both)

    assert [process.returncode for process in both] == [0, 0], said
    assert ["the tables are at version" in text for text in said].count(True) == 1, said
    assert schema.version() == schema.VERSION
    assert schema.differences() == []
