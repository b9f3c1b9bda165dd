"""Words of a command line with bytes that are not UTF-8: rules travel as paths do, other words are refused by name."""

from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from avio.client import Client, ClientError
from avio.commands import COMMANDS, main
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, job_info
from tests.unit.commands.stub import TOKEN, Reply, Stub

pytestmark = pytest.mark.usefixtures("logged_in")

RAW = "\udcff"
TAKE_BYTES = {"path", "paths", "files", "root", "include", "exclude"}


def run(*words: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, words, input=stdin, prog_name="avio")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_rule_travels_percent_encoded_and_is_shown_as_it_was_given(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/preload", Reply(job_info("queued"), 202))

    assert run("preload", "/data", "--exclude", f"{RAW}*", "--exclude", "100%").exit_code == 0

    params = stub.requests[0].json["params"]
    assert params["filters"] == ["- %FF%2A", "- 100%25"]
    assert params["filtersEncoded"] is True
    stub.on("GET", f"/jobs/{JOB}", job_info(params=params))
    assert r"--exclude \xff*, --exclude 100%" in avio(f"job show {JOB}").stdout


def test_a_rule_of_utf8_travels_as_it_is(stub: Stub) -> None:
    stub.on("POST", "/preload", Reply(job_info("queued"), 202))

    run("preload", "/data", "--exclude", "100%")
    run("preload", "/data", "--exclude", "é".encode().decode("ascii", "surrogateescape"))

    filters = [request.json["params"] for request in stub.requests]
    assert filters == [{"alluxioUri": "/data", "filters": [rule]} for rule in ("- 100%", "- é")]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("preload", "/data", "--name", RAW), "'--name'"),
        (("preload", "/data", "--tier", RAW), "'--tier'"),
        (("preload", "--from-object", f"/data/{RAW}"), "'--from-object'"),
        (("set", "@last", "--name", RAW), "'--name'"),
        (("login", "--name", RAW), "'--name'"),
        (("login", "--url", RAW), "'--url'"),
        (("--url", RAW, "whoami"), "'--url'"),
        (("lists", "--delete", RAW), "'--delete'"),
        (("cancel", RAW * 26), "'JOB'"),
    ],
)
def test_another_word_is_refused_by_the_name_of_its_option(stub: Stub, words: tuple[str, ...], named: str) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert f"Invalid value for {named}" in result.stderr
    assert r"\xff" in result.stderr
    assert "is not UTF-8; " in result.stderr
    assert not stub.requests


def test_every_word_of_every_command_is_a_path_a_glob_or_checked() -> None:
    def of(command: click.Command) -> list[click.Command]:
        return [each for sub in command.commands.values() for each in of(sub)] if hasattr(command, "commands") else []

    context = click.Context(main)
    top = [main, *filter(None, (main.get_command(context, name) for name in COMMANDS))]
    commands = [*top, *(each for command in top[1:] for each in of(command))]
    unchecked = {
        f"{command.name} {param.name}"
        for command in commands
        for param in command.params
        if param.type is click.STRING and param.name not in TAKE_BYTES
    }
    assert not unchecked


def test_a_name_is_read_as_utf8_in_a_locale_of_ascii(stub: Stub) -> None:
    stub.on("POST", "/preload", Reply(job_info("queued"), 202))

    run("preload", "/data", "--name", "é".encode().decode("ascii", "surrogateescape"))

    assert stub.requests[0].json["name"] == "é"


@pytest.mark.parametrize("stdin", [None, b"\xff\n"])
def test_a_password_that_is_not_utf8_is_refused(stub: Stub, monkeypatch: pytest.MonkeyPatch, stdin: bytes) -> None:
    monkeypatch.setenv("AVIO_PASSWORD", RAW)

    said = run("login", "--name", "lena", *(("--password-stdin",) if stdin else ()), stdin=stdin)

    assert said.exit_code == 2
    assert f"the password {'on standard input' if stdin else 'of AVIO_PASSWORD'} is not UTF-8" in said.stderr
    assert not stub.requests


def test_a_word_that_is_no_command_is_quoted_by_its_bytes() -> None:
    assert r"No such command '\xff'." in run(RAW).stderr


@pytest.mark.parametrize("stub_path", ["/data/%FF", "/data/\udcff"])
def test_what_was_freed_is_shown_by_its_bytes(stub: Stub, stub_path: str) -> None:
    stub.on("POST", "/free", {"path": "/data/%FF", "files": 1, "bytes": 7, "gone": 0})

    said = run("free", stub_path).stderr

    assert said == f"freed {stub_path.replace(RAW, chr(92) + 'xff')}: 1 file, 7 B\n"


def test_a_rule_that_is_wrong_is_quoted_by_its_bytes() -> None:
    assert r"'\xff[' has a [ without ]" in run("preload", "/data", "--exclude", f"{RAW}[").stderr
    assert r"--include '\xff' comes last" in run("preload", "/data", "--include", RAW).stderr
    assert r"'/\xff/..' has a '..' part" in run("filter", "explain", f"/{RAW}/..", "--exclude", RAW).stderr


@pytest.mark.parametrize("ask", [{"json": {"name": RAW}}, {"params": {"name": RAW}}])
def test_the_client_of_programs_refuses_it_as_its_own_error(stub: Stub, ask: dict[str, Any]) -> None:
    with Client(stub.url, TOKEN) as client, pytest.raises(ClientError, match="the request is not UTF-8") as refused:
        client._transport.call("POST", "/preload", repeatable=False, **ask)

    assert r"\xff" in str(refused.value)
