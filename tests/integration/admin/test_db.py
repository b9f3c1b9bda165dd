"""`avio-server db`."""

import pytest

from avio.admin.db import db
from avio.db import schema
from avio.db.sql import change
from avio.errors import BadRequest, Conflict, Unavailable
from tests.integration.admin.conftest import Server


def test_init_makes_the_tables_once(empty: Server) -> None:
    assert "made the tables" in empty.done("db", "init")
    assert "already" in empty.done("db", "init")
    assert "all tables and columns" in empty.done("db", "check")


def test_upgrade_makes_an_empty_database_new_and_leaves_a_current_one(empty: Server) -> None:
    assert f"from version 0 to {schema.VERSION} in 1 steps" in empty.done("db", "upgrade")
    assert f"from version {schema.VERSION} to {schema.VERSION} in 0 steps" in empty.done("db", "upgrade")


def test_check_tells_what_is_off(server: Server) -> None:
    with server.database():
        change("DROP TABLE artifacts")

    result = server.run("db", "check")

    assert isinstance(result.exception, Conflict)
    assert "artifacts is missing" in result.exception.message


def test_a_command_on_a_database_without_tables_tells_how_to_make_them(empty: Server) -> None:
    result = empty.run("user", "list")

    assert isinstance(result.exception, Unavailable)
    assert "db upgrade" in result.exception.cure


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:///"])
def test_a_url_that_is_none_is_refused_by_its_field(empty: Server, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AVIO_DATABASE_URL", url)

    result = empty.run("db", "init")

    assert isinstance(result.exception, BadRequest)
    assert result.exception.message.startswith("database_url")


def test_every_command_has_its_help(empty: Server) -> None:
    assert set(db.commands) == {"init", "check", "upgrade"}
    for command in ("", "db", "user", "token", "jobs", "nodes"):
        assert "Usage:" in empty.done(*command.split(), "--help")
