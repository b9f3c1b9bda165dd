"""What holds secrets is made closed to other users, and what is not closed is named with the command that closes it."""

import os
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from avio.admin import commands, log_files
from avio.admin.beside_up import noted
from avio.admin.bootstrap import prepare_database
from avio.admin.checks.rights import look_at_rights
from avio.admin.child_process import Child
from avio.admin.home import Home
from avio.config import Settings
from avio.findings import Severity
from supervisor.shared.spool import make_spool


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    """Let nothing but the code close what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(directory: Path) -> dict[str, int]:
    return {str(path.relative_to(directory)): path.stat().st_mode & 0o777 for path in directory.rglob("*")}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    tmp_path.chmod(0o755)
    made = Home(tmp_path / "my home")
    made.directory.mkdir(mode=0o755)  # by the user, before the first start
    made.prepare()
    return made


def test_all_that_up_makes_is_closed(home: Home) -> None:
    home.write_first_config()
    prepare_database(home.database_url, "a long password")
    with home.lock(), sqlite3.connect(home.directory / "avio.db") as used:
        used.execute("CREATE TABLE t (x)")
        Child(["/bin/true"], environ={}, directory=home.directory, log=home.log("web")).kill()
        home.log("big").write_bytes(b"x" * 100)
        log_files.trim(home.logs, limit=10)

        found = modes(home.directory)

    assert {found[name] for name in ("avio.toml", "avio.db", "logs/web.log", "logs/big.log.1", "run/up.pid")} == {0o600}
    assert {mode for name, mode in found.items() if name.startswith("avio.db")} == {0o600}
    assert {found[name] for name in ("logs", "run")} == {0o700}


def test_what_an_older_avio_has_left_open_is_closed(home: Home) -> None:
    for name in ("avio.toml", "avio.db", "avio.db-wal", "logs/web.log"):
        (home.directory / name).touch(mode=0o644)
    home.config.chmod(0o640)

    home.prepare()

    found = modes(home.directory)
    assert (found["avio.toml"], found["avio.db"], found["avio.db-wal"], found["logs/web.log"]) == (0o640, *[0o640] * 3)


@pytest.mark.parametrize(("entered", "mode"), [(False, 0o700), (True, 0o711)])
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_spool_is_entered_by_others_only_if_jobs_are_another_users(
    tmp_path: Path, entered: bool, mode: int, umask: int
) -> None:
    before = os.umask(umask)
    try:
        make_spool(tmp_path / "spool" / "n1", entered=entered)
    finally:
        os.umask(before)

    assert modes(tmp_path) == {"spool": mode, "spool/n1": mode}


def test_what_is_open_is_named_with_the_command_that_closes_it(tmp_path: Path) -> None:
    config, database, spool = tmp_path / "avio.toml", tmp_path / "avio.db", tmp_path / "spool"
    for file, mode in ((config, 0o644), (database, 0o664)):
        file.touch(mode=mode)
    spool.mkdir(mode=0o755)
    (tmp_path / "logs").mkdir(mode=0o711)
    settings = Settings(database_url=f"sqlite:///{database}", spool=spool)

    found = list(look_at_rights(settings, config, tmp_path))

    assert {each.severity for each in found} == {Severity.WARNING}
    assert [each.cure for each in found] == [f"chmod 640 {config}", f"chmod 640 {database}", f"chmod 751 {spool}"]
    for each in found:
        subprocess.run(shlex.split(each.cure), check=True)
    assert [each.severity for each in look_at_rights(settings, config, tmp_path)] == [Severity.GOOD]


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_the_files_of_the_up_that_a_command_looks_at_are_looked_at(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "avio.toml").touch(mode=0o666)  # this shell's, which counts for nothing
    home.write_first_config()
    home.config.chmod(0o644)
    home.logs.chmod(0o755)
    settings = {"AVIO_CONFIG": str(home.config), "AVIO_DATABASE_URL": home.database_url, "AVIO_SPOOL": str(home.spool)}
    settings["AVIO_REDIS_URL"] = "redis://127.0.0.1:1/0"

    with home.lock(), noted(home, settings):
        shown = CliRunner().invoke(commands, [command, "--home", str(home.directory)]).stdout

    assert f"try: chmod 640 '{home.config}'" in shown
    assert f"try: chmod 751 '{home.logs}'" in shown
    assert str(tmp_path / "avio.toml") not in shown


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_settings_of_another_user_are_named(tmp_path: Path) -> None:
    config = tmp_path / "avio.toml"
    config.touch(mode=0o600)
    os.chown(config, 61184, -1)

    (found,) = look_at_rights(Settings(spool=tmp_path / "none"), config, tmp_path)

    assert "belongs to another user" in found.message
