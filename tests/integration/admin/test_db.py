"""`avio-server db`."""

import json
import random
from pathlib import Path

import pytest

from avio.admin.db import db
from avio.aggregator.retention import Retention
from avio.config.retention import RetentionSettings
from avio.db import artifacts, ends, schema, space
from avio.db.sql import change
from avio.db.tables import MODELS
from avio.errors import BadRequest, Conflict, NotFound, SettingsError, Unavailable
from tests.contract.db import given
from tests.integration.admin.conftest import Server


def test_init_makes_the_tables_once(empty: Server) -> None:
    assert "created the tables" in empty.done("db", "init")
    assert "already" in empty.done("db", "init")
    assert f"version {schema.VERSION} and complete" in empty.done("db", "check")


def test_upgrade_makes_an_empty_database_new_and_leaves_a_current_one(empty: Server) -> None:
    assert f"from version 0 to {schema.VERSION}" in empty.done("db", "upgrade")
    assert f"the tables are at version {schema.VERSION} already" in empty.done("db", "upgrade")


def test_check_tells_what_is_off(server: Server) -> None:
    with server.database():
        change("DROP TABLE artifacts")

    result = server.run("db", "check")

    assert isinstance(result.exception, Conflict)
    assert "artifacts is missing" in result.exception.message


LOOKING = ["user list", "token list", "jobs", "job 01JX7M3K9QZ5V8W2YB4D6F1H0N", "nodes", "db check", "user disable x"]


@pytest.mark.parametrize("command", LOOKING)
def test_a_command_that_looks_makes_no_database(
    empty: Server, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVIO_DATABASE_URL", "sqlite:///var/avio.db")

    result = empty.run(*command.split())

    assert isinstance(result.exception, NotFound)
    assert f"the database {tmp_path}/var/avio.db does not exist" in result.exception.message
    assert "--home" in result.exception.cure
    assert [*tmp_path.iterdir()] == []


def test_a_command_on_a_database_without_tables_tells_how_to_make_them(empty: Server, tmp_path: Path) -> None:
    (tmp_path / "avio.db").touch()

    result = empty.run("user", "list")

    assert isinstance(result.exception, Unavailable)
    assert "db upgrade" in result.exception.cure


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:///"])
def test_a_url_that_is_none_is_refused_by_its_field(empty: Server, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AVIO_DATABASE_URL", url)

    result = empty.run("db", "init")

    assert isinstance(result.exception, BadRequest | SettingsError)
    assert str(result.exception).startswith("database_url")


def test_size_has_a_line_for_each_table_and_the_sums(server: Server) -> None:
    with server.database():
        fill()
    rows = {row["table"]: row for row in json.loads(server.done("db", "size", "--json"))}

    assert rows.keys() == {model._meta.table_name for model in MODELS} | {"(free for new rows)", "(whole database)"}
    assert rows["artifacts"]["rows"] == 20
    assert rows["artifacts"]["bytes"] > 20 * BLOB
    parts = sum(row["bytes"] for name, row in rows.items() if "whole" not in name)
    assert 0 <= rows["(whole database)"]["bytes"] - parts < 50_000
    assert "artifacts" in server.done("db", "size")


def test_retention_brings_a_grown_database_back(server: Server) -> None:
    with server.database():
        fill()
        grown, free = space.total()
        retention = Retention(RetentionSettings(job_keep=1))
        while not retention._rest_until:
            retention.bite()
        whole, freed = space.total()
        assert freed is not None
        assert free is not None
        assert whole == grown
        assert freed > free + 20 * BLOB
        fill(name="bob")
        assert space.total()[0] <= grown * 1.1, "free pages are used again"
        given.lease_over("n1", 5)
        change("DELETE FROM artifacts")

    assert "has" in server.done("db", "vacuum")

    with server.database():
        assert space.total()[0] < grown / 5


def test_a_running_server_is_not_vacuumed(server: Server) -> None:
    with server.database():
        given.node()

    refused = server.run("db", "vacuum")

    assert isinstance(refused.exception, Conflict)
    assert "n1" in refused.exception.message


def test_check_names_the_size(server: Server) -> None:
    assert "bytes, of which" in server.run("check").stdout


BLOB = 100_000


def fill(name: str = "ada") -> None:
    """Let a job of a new user have ended long ago, with a report that does not compress."""
    user = given.user(name)
    given.only_epoch()
    job = given.running(uid=user)
    assert ends.finish(given.result(job, files=0), "failed")
    change("UPDATE jobs SET finished_at = finished_at - 100, started_at = NULL WHERE id = ?", job)
    for no in range(20):
        artifacts.add(job, 1, "report", no, random.Random(no).randbytes(BLOB))


def test_every_command_has_its_help(empty: Server) -> None:
    assert set(db.commands) == {"init", "check", "upgrade", "size", "vacuum"}
    for command in ("", "db", "user", "token", "jobs", "nodes"):
        assert "Usage:" in empty.done(*command.split(), "--help")
