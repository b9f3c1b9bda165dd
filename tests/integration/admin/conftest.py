"""`avio-server` commands in this very process, over a SQLite database of their own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from avio.admin import commands
from avio.db.connection import borrow, open_database, shut


class Server:
    """The commands, and a look into their database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, *arguments: str, given: str | None = None) -> Result:
        """Run a command; its error, if any, is in `exception`."""
        return CliRunner().invoke(commands, list(arguments), input=given)

    def done(self, *arguments: str, given: str | None = None) -> str:
        """Run a command that must succeed; return what it printed."""
        result = self.run(*arguments, given=given)
        assert result.exception is None, result.exception
        return str(result.stdout)

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a list command; return its JSON."""
        found: list[dict[str, Any]] = json.loads(self.done(*arguments, "--json"))
        return found

    @contextmanager
    def database(self) -> Iterator[None]:
        """Hold a connection of the database between two commands."""
        open_database(self.url)
        with borrow():
            yield
        shut()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server whose database has no tables yet."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/avio.db"
    monkeypatch.setenv("AVIO_DATABASE_URL", url)
    return Server(url)


@pytest.fixture
def server(empty: Server) -> Server:
    """A server whose database has its tables."""
    empty.done("db", "init")
    return empty


@pytest.fixture
def add_user(server: Server) -> Callable[..., str]:
    """Return what adds a user."""

    def add(name: str, *options: str, password: str = "correct horse") -> str:
        return server.done("user", "add", name, "--password-stdin", *options, given=password + "\n")

    return add
