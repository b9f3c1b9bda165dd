"""Every error in three lines, and the exit code that scripts rely on."""

import socket

import pytest

from avio.engines.local.tier_safety import TierUnsafe
from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import entry_info
from tests.unit.commands.stub import BREAK, Reply, Stub, problem

NOBODY = "http://127.0.0.1:1"  # nothing listens there

pytestmark = pytest.mark.usefixtures("logged_in")


def test_a_refused_request_says_what_why_with_every_field_and_what_to_do(avio: Avio, stub: Stub) -> None:
    fields = [
        {"field": "params.tier", "message": "is no tier"},
        {"field": "params.alluxioUri", "message": "has a '..' part; write the path out"},
    ]
    stub.on("POST", "/preload", problem(400, "BAD_REQUEST", "the request is refused", errors=fields))

    result = avio("preload /a/../b --tier X", 2)

    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "error:   the request is refused (BAD_REQUEST)",
        "why:     --tier: is no tier; PATH: has a '..' part; write the path out; request req-1",
        "try:     correct the fields named above",
    ]


def test_a_member_that_an_option_gives_is_called_by_it(avio: Avio, stub: Stub) -> None:
    fields = [{"field": "name", "message": "is empty; leave it out"}, {"field": "params.tier", "message": "is no tier"}]
    message = "the request is invalid: name, params.tier"
    for path in ("/preload", "/login"):
        stub.on("POST", path, problem(400, "BAD_REQUEST", message, errors=fields))

    for line in ("preload /data --name ''", "login --name x --password-stdin"):
        said = avio(line, 2, stdin="x\n").stderr
        assert "error:   the request is invalid: --name, --tier (BAD_REQUEST)" in said
        assert "why:     --name: is empty; leave it out; --tier: is no tier" in said


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (400, "BAD_REQUEST", 2),
        (400, "UNSUPPORTED_OPTION", 2),
        (401, "NOT_AUTHENTICATED", 4),
        (403, "FORBIDDEN", 7),
        (404, "NOT_FOUND", 6),
        (409, "CONFLICT", 1),
        (413, "TOO_LARGE", 2),
        (422, "IDEMPOTENCY_KEY_REUSED", 2),
        (429, "TOO_MANY", 5),
        (500, "INTERNAL", 1),
        (500, "NOTHING_MATCHED", 11),
        (TierUnsafe.status, TierUnsafe.reason, 1),
        (503, "UNAVAILABLE", 5),
        (507, "CACHE_FULL", 10),
    ],
)
def test_each_refusal_has_its_exit_code(avio: Avio, stub: Stub, status: int, reason: str, code: int) -> None:
    stub.on("GET", "/stat", problem(status, reason, "no", cure="do this", retry_after=99))

    lines = avio("stat /data", code).stderr.splitlines()

    assert len(lines) == 3
    assert lines[0] == f"error:   no ({reason})"
    assert lines[2] == (
        "try:     do this" if code != 4 else "try:     correct AVIO_TOKEN, or unset it and run avio login"
    )


def test_a_stored_login_that_is_refused_is_to_be_made_again(
    avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AVIO_TOKEN")
    stub.on("GET", "/stat", {})

    assert "try:     log in again: avio login" in avio("stat /data", 4).stderr


def test_a_server_that_does_not_answer_is_temporary_and_named(
    avio: Avio, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        said = avio(f"--url {url} stat /data", 5).stderr

    assert said.startswith(f"error:   {url} is unavailable (UNREACHABLE)\nwhy:     no connection: Connection refused\n")
    assert 3 < len(pauses) < 10


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("socks5://127.0.0.1:1", "SOCKS proxy"),
        ("ftp://127.0.0.1:1", "is not the URL of a proxy"),
        (":::", "is not the URL of a proxy"),
    ],
)
def test_a_proxy_that_can_not_be_used_is_a_usage_error_that_names_the_variables(
    avio: Avio, monkeypatch: pytest.MonkeyPatch, proxy: str, told: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)

    said = avio(f"--url {NOBODY} stat /data", 2).stderr

    assert told in said
    assert "ALL_PROXY" in said
    assert "NO_PROXY" in said


def test_a_proxy_of_the_environment_is_used_but_for_the_servers_of_no_proxy(
    avio: Avio, stub: Stub, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.on("GET", "/stat", entry_info())
    monkeypatch.setenv("http_proxy", stub.url)

    avio(f"--url {NOBODY} stat /data/a.tar")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    avio(f"--url {NOBODY} stat /data/a.tar", 5)

    assert [request.headers["host"] for request in stub.requests] == [NOBODY.removeprefix("http://")]


def test_a_read_is_tried_again_until_the_server_is_back(avio: Avio, stub: Stub, pauses: list[float]) -> None:
    away = problem(503, "UNAVAILABLE", "the database does not answer", retry_after=2)
    stub.on("GET", "/stat", away, Reply([BREAK]), entry_info())

    avio("stat /data/a.tar")

    assert pauses[0] == 2
    assert 0.1 < pauses[1] < 1


@pytest.mark.parametrize(
    "reply", [Reply("<html>", 200, {"Content-Type": "text/html"}), Reply([b"<html>"], 404), Reply([], 404)]
)
def test_a_server_that_is_not_avio_is_told_from_one_that_is(
    avio: Avio, stub: Stub, pauses: list[float], reply: Reply
) -> None:
    stub.on("GET", "/stat", reply)

    assert f"{stub.url}/stat answered, but it is not an avio server" in avio("stat /data", 5).stderr


def test_what_a_server_says_can_not_move_the_cursor(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(404, "PATH_NOT_FOUND", "/\x1b[2J is not there"))

    assert "\x1b" not in avio("stat /x", 6).stderr


def test_a_login_for_another_server_names_it(avio: Avio, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVIO_TOKEN", raising=False)
    stub.on("GET", "/stat", {})
    url = f"{stub.url}/"

    assert (
        avio(f"--url {url} stat /data", 4).stderr.splitlines()[-1] == f"try:     log in again: avio login --url {url}"
    )
