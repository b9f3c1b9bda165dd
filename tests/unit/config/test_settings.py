"""Settings: where they come from, what is refused, and that all problems are told at once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from avio.config import Settings, load, load_with_origins
from avio.config.sources import FOREIGN
from avio.errors import SettingsError

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
    assert f"{file}: slotz: unknown setting; did you mean slots?" in text
    assert f"timezone (from {file}):" in text
    assert "port (from AVIO_PORT):" in text
    assert "AVIO_PROT: unknown setting" in text
    assert "AVIO_TIERS is a table" in text


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"AVIO_FENCE": "39"}, "fence must be shorter than lease + grace"),
        ({"AVIO_HEARTBEAT": "11"}, "heartbeat must be at most half of fence"),
        ({"AVIO_LISTENERS": "64"}, "listeners must be below web_threads"),
        ({"AVIO_NODE": "a/b"}, "node (from AVIO_NODE)"),
        ({"AVIO_SLOTS": "0"}, "slots (from AVIO_SLOTS)"),
        ({"AVIO_ENGINE": "magic"}, "engine (from AVIO_ENGINE)"),
        ({"AVIO_ENGINE": "memory"}, "engine (from AVIO_ENGINE)"),
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
        ('[mounts."/data"]\nurl = "bucket"', "is not a URL"),
        (
            '[mounts."/data"]\nurl = "file://tmp/x"',
            "names the host 'tmp'; for a directory write file:///tmp/x, 3 slashes",
        ),
        ('[mounts."/data"]\nurl = "s3://b"\nurk = 1', "mounts./data.urk"),
        ('[[tiers]]\nalias = "MEM"\npath = "mem"\ncapacity = 1', "is not absolute"),
        ('[[tiers]]\nalias = "M M"\npath = "/mem"\ncapacity = 1', "tiers.0.alias"),
        ('[[tiers]]\nalias = "MEM"\npath = "/mem"\ncapacity = 0', "tiers.0.capacity"),
        (
            "".join(f'[[tiers]]\nalias = "MEM"\npath = "/{name}"\ncapacity = 1\n' for name in "ab"),
            "two tiers have the same alias: MEM",
        ),
        ('[mount."/data"]\nurl = "s3://b"', "mount: unknown setting; did you mean mounts?"),
        ('[mounts."/data"]\nurl = "s4://b"', "s4:// is not a known scheme; write one of file, s3, "),
        ('[mounts."/data"]\nuri = "s3://b"\nurl = "s3://b"', "mounts./data.uri: unknown setting; did you mean url?"),
        ('[mounts."/data"]\nxyz = "s3://b"\nurl = "s3://b"', "the settings here are url, options"),
        ("\xff", "avio.toml"),
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


def test_a_fifo_in_the_place_of_the_settings_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")

    for name in ("fifo", "link"):
        with pytest.raises(SettingsError, match="not a plain file"):
            load({"AVIO_CONFIG": str(tmp_path / name)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "more than 4,300 digits"),
        ("slots = 1\n#" + "x" * (4 << 20), "larger than 4,194,304 bytes"),
    ],
    ids=["deep", "long", "large"],
)
def test_a_file_that_python_can_not_read_is_refused_in_words_of_avio(file: Path, text: str, words: str) -> None:
    file.write_text(text)

    (problem,) = problems({"AVIO_CONFIG": str(file)})

    assert str(file) in problem
    assert words in problem
    assert "sys." not in problem


def test_an_endless_device_is_no_settings_file() -> None:
    (problem,) = problems({"AVIO_CONFIG": "/dev/zero"})

    assert "/dev/zero: not a plain file" in problem


def test_the_settings_file_may_be_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("slots = 7")
    (tmp_path / "link.toml").symlink_to("real.toml")

    assert load({"AVIO_CONFIG": str(tmp_path / "link.toml")}).slots == 7


def test_all_errors_of_all_parts_are_told_at_once(file: Path) -> None:
    file.write_text(
        """
fence = 50
heartbeat = 40
slotz = 1
[mount."/x"]
[mounts."/data"]
url = "s3://b"
[mounts."/a"]
urk = 1
[mounts."b/"]
url = "s4://b"
[[tiers]]
alias = "MEM"
path = "/srv/mem"
capacity = "1,5TiB"
[[tiers]]
alias = "SSD"
path = "/srv/ssd"
capacity = 1
[[tiers]]
alias = "SSD"
path = "/srv/ssd/2"
capacity = 1
"""
    )

    told = "\n".join(problems({"AVIO_CONFIG": str(file), "AVIO_PORT": "many", "AVIO_LISTENERS": "64"}))

    for words in (
        "fence must be",
        "heartbeat must be",
        "slotz: unknown setting; did you mean slots?",
        "mount: unknown setting; did you mean mounts?",
        "mounts./a.url (from",
        "mounts./a.urk: unknown",
        "path 'b/' is not absolute",
        "s4://",
        "tiers.0.capacity (from",
        "two tiers have the same alias: SSD",
        "inside",
        "port (from AVIO_PORT)",
        "listeners must be",
    ):
        assert words in told, words
    assert len(told.splitlines()) == 13, told


def test_a_setting_with_an_error_of_its_own_has_no_second_one() -> None:
    assert len(problems({"AVIO_FENCE": "x", "AVIO_HEARTBEAT": "30"})) == 1


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("1.5TiB", 3 << 39), ("2 GB", 2 * 10**9), ("2GiB", 2 << 30), ("7k", 7000), (" 10 MiB ", 10 << 20)],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert load({"AVIO_CONFIG": "/dev/null", "AVIO_SPOOL_MIN_FREE": text}).spool_min_free == size


@pytest.mark.parametrize(
    "text", ["1,5TiB", "10GiB of disk", "64Gi8", "-1", "1e12", "", "GiB", "10Gbit", "1 GiB 2", "0x10", "١٢"]
)
def test_what_is_no_size_is_refused_and_never_cut_off(text: str) -> None:
    (problem,) = problems({"AVIO_SPOOL_MIN_FREE": text})

    assert "a number of bytes, or one with KiB" in problem


@pytest.mark.parametrize("value", ["true", "1.5", "[]", "nan"])
def test_a_size_in_the_file_is_a_whole_number_or_a_text(file: Path, value: str) -> None:
    file.write_text(f"spool_min_free = {value}\n")

    assert "is not a size" in problems({"AVIO_CONFIG": str(file)})[0]


def test_what_kubernetes_says_of_a_service_is_no_setting() -> None:
    links = {
        "AVIO_PORT": "tcp://10.0.0.1:8080",
        "AVIO_SERVICE_HOST": "10.0.0.1",
        "AVIO_SERVICE_PORT": "8080",
        "AVIO_SERVICE_PORT_HTTP": "8080",
        "AVIO_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "AVIO_PORT_8080_TCP_PROTO": "tcp",
        "AVIO_PORT_8080_TCP_PORT": "8080",
        "AVIO_PORT_8080_TCP_ADDR": "10.0.0.1",
        "AVIO_WEB_SERVICE_HOST": "10.0.0.2",
        "AVIO_WEB_PORT": "udp://10.0.0.2:53",
        "AVIO_WEB_PORT_53_UDP_ADDR": "10.0.0.2",
        "AVIO_SIX_SERVICE_HOST": "fd00::1",
        "AVIO_SIX_PORT_80_TCP": "tcp://[fd00::1]:80",
    }

    assert load({"AVIO_CONFIG": "/dev/null", **links}).port == 8080


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AVIO_WEB_PORT", "80"),
        ("AVIO_PORTS", "tcp://10.0.0.1:8080"),
        ("AVIO_PORT_8080", "8080"),
        ("AVIO_SERVICE_HOST", "avio.example.org"),
        ("AVIO_SERVICE_HOSTS", "10.0.0.1"),
        ("AVIO_SERVICE_PORT", "http"),
        ("AVIO_PORT_8080_TCP", "8080"),
        ("AVIO_DATABASE_PORT", "tcp://db.example.org"),
    ],
)
def test_a_slip_that_looks_like_a_service_is_refused(name: str, text: str) -> None:
    assert f"{name}: unknown setting" in problems({name: text})[0]


def test_a_port_that_is_no_number_and_no_address_of_a_service_is_refused() -> None:
    assert "AVIO_PORT" in problems({"AVIO_PORT": "tcp://web"})[0]
