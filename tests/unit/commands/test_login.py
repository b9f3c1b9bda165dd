"""Logging in and out: where the token is kept, and where it is sent."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import entry_info, login_info, whoami_info
from tests.unit.commands.stub import TOKEN, Reply, Stub, problem


@pytest.fixture
def config(home: Path) -> Path:
    return home / "avio" / "config.json"


def test_login_keeps_the_token_for_the_owner_alone_and_the_next_command_sends_it(
    avio: Avio, stub: Stub, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVIO_PASSWORD", "pa ss")
    stub.on("POST", "/login", login_info())
    stub.on("GET", "/whoami", whoami_info())

    said = avio(f"login --url {stub.url}/ --name lena").stdout
    shown = avio("whoami").stdout

    assert f"logged in to {stub.url} as lena until 2026-05-03 12:00" in said
    assert stub.asked("POST", "/login")[0].json == {"name": "lena", "password": "pa ss"}
    assert config.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in config.parent.iterdir()] == ["config.json"]
    assert "lena" in shown
    assert stub.url in shown


def test_login_reads_the_first_line_of_standard_input_and_shows_no_token(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/login", login_info())

    reply = json.loads(
        avio(f"login --url {stub.url} --name lena --password-stdin --json", stdin="secret\nrest\n").stdout
    )

    assert stub.asked("POST", "/login")[0].json["password"] == "secret"
    assert reply == {"url": stub.url, **whoami_info()}


def test_a_wrong_password_leaves_with_4_and_keeps_nothing(avio: Avio, stub: Stub, config: Path) -> None:
    stub.on("POST", "/login", problem(401, "NOT_AUTHENTICATED", "name or password is wrong"))

    said = avio(f"login --url {stub.url} --name lena --password-stdin", 4, stdin="no\n").stderr

    assert "name or password is wrong" in said
    assert not config.exists()


def test_without_a_terminal_nothing_is_asked(avio: Avio, stub: Stub) -> None:
    assert "--password-stdin" in avio(f"login --url {stub.url} --name lena", 2).stderr
    assert "--name" in avio(f"login --url {stub.url}", 2).stderr


def test_the_password_is_asked_for_without_echo(stub: Stub, home: Path) -> None:
    stub.on("POST", "/login", login_info())
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "avio.commands", "login", "--url", stub.url, "--name", "lena"]

    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        said = _read_until(ours, b"Password: ")
        os.write(ours, b"hunter2\n")
        said += _read_until(ours, b"logged in")
        process.wait(10)
    os.close(ours)

    assert stub.asked("POST", "/login")[0].json["password"] == "hunter2"
    assert b"hunter2" not in said
    assert process.returncode == 0


def _read_until(descriptor: int, end: bytes) -> bytes:
    said = b""
    while end not in said:
        said += os.read(descriptor, 1024)
    return said


def test_the_token_is_sent_to_no_other_server(avio: Avio, stub: Stub, config: Path) -> None:
    config.parent.mkdir()
    kept = {"url": "http://elsewhere:1", "token": TOKEN, "name": "lena", "expires": "2026-05-03T12:00:00Z"}
    config.write_text(json.dumps(kept))

    said = avio(f"--url {stub.url} stat /data", 4).stderr

    assert "authorization" not in stub.requests[0].headers
    assert said.splitlines()[-1] == f"try:     log in again: avio login --url {stub.url}"


def test_the_environment_goes_before_the_file(
    avio: Avio, stub: Stub, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.parent.mkdir()
    kept = {"url": "http://127.0.0.1:1", "token": "old", "name": "lena", "expires": "2026-05-03T12:00:00Z"}
    config.write_text(json.dumps(kept))
    monkeypatch.setenv("AVIO_URL", stub.url)
    monkeypatch.setenv("AVIO_TOKEN", TOKEN)
    stub.on("GET", "/stat", entry_info())

    assert "cached" in avio("stat /data/a.tar").stdout


@pytest.mark.parametrize("reply", [Reply(status=204), problem(401, "NOT_AUTHENTICATED", "the token has expired")])
def test_logout_forgets_the_token_even_if_it_had_expired(avio: Avio, stub: Stub, config: Path, reply: Reply) -> None:
    stub.on("POST", "/login", login_info())
    stub.on("POST", "/logout", reply)
    avio(f"login --url {stub.url} --name lena --password-stdin", stdin="secret\n")

    avio("logout")

    assert len(stub.asked("POST", "/logout")) == 1
    assert not config.exists()


def test_a_broken_configuration_is_said_with_its_file_and_cure(avio: Avio, config: Path) -> None:
    config.parent.mkdir()
    config.write_text("{")

    said = avio("whoami", 1).stderr

    assert str(config) in said
    assert "avio login" in said


@pytest.mark.parametrize(
    "text",
    [
        '{"theme": "dark"}',
        "[]",
        "null",
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"url": 1, "token": "t", "name": "n", "expires": "e"}',
        r'{"url": "\udcff", "token": "t", "name": "n", "expires": "e"}',
    ],
)
def test_a_file_that_is_no_login_is_said_to_be_none(avio: Avio, config: Path, text: str) -> None:
    config.parent.mkdir()
    config.write_text(text)

    said = avio("whoami", 1).stderr

    assert f"{config} is not a login of avio" in said
    assert "delete it, or move it away" in said
    assert "Session" not in said


def test_a_login_that_can_not_be_kept_leaves_no_token_behind(avio: Avio, stub: Stub, config: Path) -> None:
    stub.on("POST", "/login", login_info())
    (config / "in the way").mkdir(parents=True)

    said = avio(f"--url {stub.url} login --url {stub.url} --name lena --password-stdin", 1, stdin="secret\n").stderr

    assert "cannot write" in said
    assert [file.name for file in config.parent.iterdir()] == ["config.json"]


@pytest.mark.parametrize("stdin", ["", "\n", "\r\nsecret\n"])
def test_an_empty_password_is_refused_before_a_request(avio: Avio, stub: Stub, stdin: str) -> None:
    said = avio(f"login --url {stub.url} --name lena --password-stdin", 2, stdin=stdin).stderr

    assert "the password on standard input is empty" in said
    assert not stub.requests


def test_a_fifo_in_the_place_of_the_configuration_holds_nobody_up(avio: Avio, config: Path) -> None:
    config.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(config)

    assert "not a plain file" in avio("whoami", 1).stderr


def test_an_endless_or_deep_file_is_no_configuration(avio: Avio, config: Path) -> None:
    config.parent.mkdir(parents=True, exist_ok=True)
    config.symlink_to("/dev/zero")
    assert "not a plain file" in avio("whoami", 1).stderr

    config.unlink()
    config.write_text("[" * 100_000)
    assert str(config) in avio("whoami", 1).stderr


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://host:port"])
def test_an_address_that_is_none_is_wrong_usage(avio: Avio, url: str) -> None:
    assert f"'{url}' is not a server address" in avio(f"--url {url} whoami", 2).stderr


@pytest.mark.parametrize("command", ["whoami", "login --name lena"])
@pytest.mark.parametrize("url", ["http://u:SECRET@127.0.0.1:1", "http://u:SEC/RET@127.0.0.1:1", "u:SECRET@127.0.0.1"])
def test_an_address_with_a_password_is_refused_without_it(
    avio: Avio, monkeypatch: pytest.MonkeyPatch, command: str, url: str
) -> None:
    monkeypatch.setenv("AVIO_PASSWORD", "x")
    found = avio(f"--url {url} {command}", 2).stderr
    assert "has an @" in found
    assert not {"SECRET", "SEC", "RET"} & set(re.findall(r"\w+", found))


@pytest.mark.parametrize("url", ["http://[::1", "http://[zz]:1", "http://h]:1"])
def test_an_address_with_a_lone_bracket_is_none(avio: Avio, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AVIO_PASSWORD", "x")
    assert f"'{url}' is not a server address" in avio(f"login --url {url} --name lena", 2).stderr


@pytest.mark.parametrize("line", ["ls /data", "login --name lena --password-stdin"])
def test_a_user_without_a_home_is_told_what_to_set(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    stub.on("POST", "/login", login_info())
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a uid that the system does not know

    assert "set HOME or XDG_CONFIG_HOME" in avio(f"--url {stub.url} {line}", 1, stdin="secret\n").stderr


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://cache.example:8080", True),
        ("http://10.0.0.7", True),
        ("https://cache.example", False),
        ("http://127.0.0.1:8080", False),
        ("http://localhost", False),
        ("http://[::1]:8080", False),
    ],
)
def test_a_login_that_others_on_the_way_can_read_is_warned_of(
    avio: Avio, monkeypatch: pytest.MonkeyPatch, url: str, warns: bool
) -> None:
    monkeypatch.setattr("avio.client.transport.Transport.call", lambda *_, **__: login_info())

    said = avio(f"login --url {url} --name lena --password-stdin", stdin="secret\n")

    assert (f"warning: {url} is not encrypted" in said.stderr) is warns


def test_a_logout_without_a_login_says_so_and_asks_no_server(avio: Avio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVIO_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("AVIO_TOKEN", raising=False)

    assert avio("logout").stdout == "not logged in to http://127.0.0.1:1\n"
    assert json.loads(avio("logout --json").stdout) == {"url": "http://127.0.0.1:1"}
