"""Settings: where they come from, what is refused, and that all problems are told at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from avio.config import FOREIGN, Settings, SettingsError, load, load_with_origins

FILE = """
slots = 7

[mounts."/data"]
url = "s3://bucket/prefix"
options = { access_key_id = "id", secret_access_key = "s3cr3t", endpoint = "http://e" }

[[tiers]]
alias = "MEM"
path = "/srv/mem"
capacity = "2GiB"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "avio.toml"
    made.write_text(FILE)
    return made


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load({"AVIO_CONFIG": "/dev/null", **environ})
    return refused.value.problems


def test_without_anything_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert load({}) == Settings()


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(file: Path) -> None:
    settings, origins = load_with_origins({"AVIO_CONFIG": str(file), "AVIO_THREADS": "3", "PATH": "/bin"})

    assert (settings.slots, settings.threads, settings.port) == (7, 3, 8080)
    assert (origins["slots"], origins["threads"], origins["port"]) == (str(file), "AVIO_THREADS", "default")
    assert load({"AVIO_CONFIG": str(file), "AVIO_SLOTS": "9"}).slots == 9


def test_a_file_beside_the_process_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)

    assert load({}).slots == 7


def test_mounts_and_tiers_come_from_the_file(file: Path) -> None:
    settings = load({"AVIO_CONFIG": str(file)})

    assert settings.mounts["/data"].url == "s3://bucket/prefix"
    assert (settings.tiers[0].alias, settings.tiers[0].capacity) == ("MEM", 2 << 30)


def test_a_secret_is_shown_nowhere_but_in_the_settings_of_the_engine(file: Path) -> None:
    settings = load({"AVIO_CONFIG": str(file)})

    assert "s3cr3t" not in repr(settings)
    assert "s3cr3t" not in str(settings.mounts)
    assert "s3cr3t" not in settings.model_dump_json()
    assert settings.engine_settings()["mounts"]["/data"]["options"]["secret_access_key"] == "s3cr3t"
    assert json.loads(json.dumps(settings.engine_settings())) == settings.engine_settings()


def test_every_problem_is_told_at_once_with_where_it_came_from(file: Path) -> None:
    file.write_text("slots = 0\nslotz = 3\ntimezone = '+25:00'\n")

    found = problems({"AVIO_CONFIG": str(file), "AVIO_PORT": "many", "AVIO_PROT": "80", "AVIO_TIERS": "x"})

    assert len(found) == 6
    text = "\n".join(found)
    assert f"slots (from {file}):" in text
    assert "slotz: there is no such setting" in text
    assert f"timezone (from {file}):" in text
    assert "port (from AVIO_PORT):" in text
    assert "AVIO_PROT: there is no such setting" in text
    assert "AVIO_TIERS: is a table" in text


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"AVIO_FENCE": "39"}, "fence must be shorter than lease + grace"),
        ({"AVIO_HEARTBEAT": "11"}, "heartbeat must be at most half of fence"),
        ({"AVIO_LISTENERS": "64"}, "listeners must be below web_threads"),
        ({"AVIO_NODE": "a/b"}, "node (from AVIO_NODE)"),
        ({"AVIO_SLOTS": "0"}, "slots (from AVIO_SLOTS)"),
        ({"AVIO_ENGINE": "magic"}, "engine (from AVIO_ENGINE)"),
        ({"AVIO_CONFIG": "/nowhere/avio.toml"}, "does not exist"),
        ({"AVIO_CONFIG": "/"}, "/"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_refused(environ: dict[str, str], words: str) -> None:
    (problem,) = problems(environ)

    assert words in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slots = ", "Invalid value"),
        ('[mounts."/data/"]\nurl = "s3://b"', "should be written '/data'"),
        ('[mounts."data"]\nurl = "s3://b"', "not absolute"),
        ('[mounts."/data"]\nurl = "bucket"', "is no URL"),
        ('[mounts."/data"]\nurl = "s3://b"\nurk = 1', "mounts./data.urk"),
        ('[[tiers]]\nalias = "MEM"\npath = "mem"\ncapacity = 1', "is not absolute"),
        ('[[tiers]]\nalias = "M M"\npath = "/mem"\ncapacity = 1', "tiers.0.alias"),
        ('[[tiers]]\nalias = "MEM"\npath = "/mem"\ncapacity = 0', "tiers.0.capacity"),
        (2 * '[[tiers]]\nalias = "MEM"\npath = "/mem"\ncapacity = 1\n', "two tiers have the same alias"),
    ],
)
def test_a_file_that_does_not_hold_is_refused(file: Path, text: str, words: str) -> None:
    file.write_text(text)

    (problem,) = problems({"AVIO_CONFIG": str(file)})

    assert words in problem


def test_variables_of_the_cli_are_no_settings() -> None:
    environ = dict.fromkeys(FOREIGN - {"AVIO_CONFIG", "AVIO_FAULT"}, "x")

    assert load({"AVIO_CONFIG": "/dev/null", **environ}).slots == 2


def test_every_setting_says_what_it_is() -> None:
    for name, member in Settings.model_fields.items():
        assert member.description, name
        assert member.description.endswith("."), name


def test_settings_can_not_be_changed() -> None:
    settings: Any = Settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.slots = 3
