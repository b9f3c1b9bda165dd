"""The commands of docs/deploy.md for backup and restore, on real databases with jobs and users in them."""

import os
import re
import shutil
import sqlite3
import subprocess
import textwrap
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from avio.admin.bootstrap import prepare_database
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.setup

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
PASSWORD = "correct horse"


def blocks(heading: str) -> list[str]:
    """Return the blocks of a section."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [textwrap.dedent(block) for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]


def paste(block: str, directory: Path, **environ: str) -> None:
    """Run a block as an admin would, whose files are in `directory`."""
    text = block.replace("/var/lib/avio/", f"{directory}/").replace("/backup/", f"{directory}/backup/")
    run = subprocess.run(
        ["bash", "-euc", text], env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, f"{text}\n{run.stderr}"


def test_a_sqlite_database_comes_back_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    file = tmp_path / "avio.db"
    prepare_database(f"sqlite:///{file}", PASSWORD)
    _, backup = blocks("Backup")
    _, restore = blocks("Restore")

    with closing(sqlite3.connect(file)) as database:  # others have it open
        before = sorted(database.iterdump())
        paste(backup, tmp_path)
        database.execute("DELETE FROM users")
        database.commit()
    paste(restore, tmp_path)

    with closing(sqlite3.connect(file)) as database:
        assert sorted(database.iterdump()) == before
    assert any("'admin'" in line for line in before)
    assert prepare_database(f"sqlite:///{file}", PASSWORD) == (None, False)


def test_a_postgresql_database_comes_back_as_it_was(tmp_path: Path, postgres_server: Postgres) -> None:
    if shutil.which("pg_dump", path=_path(postgres_server)) is None:
        pytest.skip("there is no pg_dump")
    (tmp_path / "backup").mkdir()
    url = postgres_server.make_database()
    prepare_database(url, PASSWORD)
    backup, _ = blocks("Backup")
    restore, _ = blocks("Restore")
    environ = {"AVIO_DATABASE_URL": url, "PATH": _path(postgres_server)}

    paste(backup, tmp_path, **environ)
    with closing(psycopg2.connect(url)) as database, database, database.cursor() as cursor:
        cursor.execute("DELETE FROM users")
    paste(restore, tmp_path, **environ)

    assert prepare_database(url, PASSWORD) == (None, False), "admin is there again with the password of before"
    with pytest.raises(AssertionError, match="already exists"):  # the options are needed: tables are dropped first
        paste(restore.replace("--clean --if-exists ", ""), tmp_path, **environ)


def _path(server: Postgres) -> str:
    """Return a PATH where the programs of this PostgreSQL come first: an older pg_dump refuses it."""
    return f"{server.programs}:{os.environ['PATH']}"
