"""Which settings admin commands look at beside an `avio-server up`, and what they say about it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.admin import beside_up
from avio.admin.beside_up import find_beside, noted
from avio.admin.home import Home
from avio.config import load
from avio.errors import BadRequest, NotFound

NOTED = {"AVIO_CONFIG": "/etc/avio.toml", "AVIO_REDIS_URL": "unix:///run/valkey.sock", "AVIO_TOKEN": "hush"}
NOTED |= {"AVIO_SLOTS": "4", "PATH": "/bin"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.chdir(tmp_path)
    made = Home(tmp_path / "var")
    made.prepare()
    with noted(made, NOTED):
        yield made
    assert [*made.run.glob("environ*")] == []


def test_an_up_that_runs_is_found_and_named_with_all_its_settings(home: Home) -> None:
    with home.lock():
        for environ in ({}, {"AVIO_CONFIG": "/etc/avio.toml"}, {"AVIO_SLOTS": "4", "AVIO_TOKEN": "mine"}):
            found = find_beside(None, environ)
            assert found.environ["AVIO_REDIS_URL"] == NOTED["AVIO_REDIS_URL"]
            assert found.environ["AVIO_SLOTS"] == "4"
            assert found.notes == [f"the avio-server up of {home.directory}"]


def test_in_the_home_itself_its_up_is_found_beside_its_settings_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_first_config()
    monkeypatch.chdir(home.directory)
    with home.lock():
        found, other = find_beside(None, {}), find_beside(None, {"AVIO_SLOTS": "9"})

    assert found.environ["AVIO_REDIS_URL"] == NOTED["AVIO_REDIS_URL"]
    assert found.home == home.directory
    assert (other.home, other.environ) == (None, {"AVIO_SLOTS": "9"})
    assert str(home.directory) in other.notes[0]
    assert find_beside(None, {}).home is None  # stopped


@pytest.mark.parametrize("environ", [{"AVIO_CONFIG": "/other.toml"}, {"AVIO_SLOTS": "9"}, {"AVIO_THREADS": "3"}])
def test_a_shell_with_other_settings_looks_at_its_own_and_is_told(home: Home, environ: dict[str, str]) -> None:
    with home.lock():
        found = find_beside(None, environ)

    assert (found.environ, found.home) == (environ, None)
    assert "see --home" in found.notes[0]


def test_a_named_home_counts_alone_and_what_this_shell_says_else_is_told(home: Home) -> None:
    with home.lock():
        found = find_beside(home.directory, {"AVIO_REDIS_URL": "redis://mine", "AVIO_SLOTS": "4", "LANG": "C"})

    assert found.environ["AVIO_REDIS_URL"] == NOTED["AVIO_REDIS_URL"]
    assert found.environ["LANG"] == "C"
    assert found.notes[1].endswith("from this shell: AVIO_REDIS_URL")


def test_an_up_that_has_ended_counts_for_nothing(home: Home) -> None:
    assert find_beside(None, {"A": "b"}).environ == {"A": "b"}
    with pytest.raises(NotFound, match="is not the home of an avio-server up"):
        find_beside(home.directory, {})


def test_a_named_home_whose_up_has_ended_has_its_settings_file_and_its_places(home: Home) -> None:
    home.config.write_text("slots = 7")

    found = find_beside(home.directory, {"AVIO_SLOTS": "4", "LANG": "C"})
    settings = load(found.environ)

    assert (settings.slots, settings.spool) == (7, home.spool)
    assert settings.database_url == home.database_url
    assert settings.redis_url == f"unix://{home.run}/valkey.sock"
    assert (found.environ["LANG"], found.home) == ("C", home.directory)
    assert found.notes == [f"the avio-server up of {home.directory}, which is stopped"]


def test_what_the_settings_file_of_a_stopped_up_says_goes_before_its_places(home: Home) -> None:
    home.config.write_text('database_url = "postgresql://somewhere/avio"\nredis_url = "redis://127.0.0.1:7000/1"')

    settings = load(find_beside(home.directory, {}).environ)

    assert settings.database_url == "postgresql://somewhere/avio"
    assert settings.redis_url == "redis://127.0.0.1:7000/1"


def test_the_only_one_that_runs_is_found_from_any_directory(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with home.lock():
        assert find_beside(None, {}).home == home.directory
        assert find_beside(None, {"AVIO_THREADS": "3"}).home is None
        with monkeypatch.context() as patch:
            patch.setattr(beside_up, "running_homes", lambda: [home.directory, tmp_path])
            with pytest.raises(BadRequest, match="2 servers run"):
                find_beside(None, {})
        Path("avio.toml").touch()
        assert find_beside(None, {}).home is None
    assert home.directory not in beside_up.running_homes()


def test_the_note_has_no_secrets_of_others_and_is_closed(home: Home) -> None:
    file = home.run / "environ.json"

    assert "hush" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["file/below", "x" * 300, "/dev/null", "/proc/x", os.fsdecode(b"\xff")])
def test_what_can_not_be_a_home_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises((NotFound, BadRequest), match=r"home of an avio-server up|File name too long|not UTF-8"):
        find_beside(tmp_path / name, {})


def test_a_fifo_in_the_place_of_the_lock_holds_nobody_up(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    os.mkfifo(home.run / "up.pid")

    with pytest.raises(NotFound):
        find_beside(tmp_path, {})
