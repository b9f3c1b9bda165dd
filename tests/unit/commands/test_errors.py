"""Every error in three lines, and the exit code that scripts rely on."""

import socket

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import entry_info
from tests.unit.commands.stub import BREAK, Reply, Stub, problem

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
        "why:     params.tier: is no tier; params.alluxioUri: has a '..' part; write the path out; request req-1",
        "try:     correct what is named above",
    ]


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
        (503, "UNAVAILABLE", 5),
        (507, "CACHE_FULL", 10),
    ],
)
def test_each_refusal_has_its_exit_code(avio: Avio, stub: Stub, status: int, reason: str, code: int) -> None:
    stub.on("GET", "/stat", problem(status, reason, "no", cure="do this", retry_after=99))

    lines = avio("stat /data", code).stderr.splitlines()

    assert len(lines) == 3
    assert lines[0] == f"error:   no ({reason})"
    assert lines[2] == "try:     do this"


def test_a_server_that_does_not_answer_is_temporary_and_named(
    avio: Avio, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        said = avio(f"--url {url} stat /data", 5).stderr

    assert said.startswith(f"error:   {url} does not answer (UNREACHABLE)\nwhy:     ConnectError")
    assert 3 < len(pauses) < 10


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

    assert f"{stub.url}/stat answers, but not as avio does" in avio("stat /data", 5).stderr


def test_what_a_server_says_can_not_move_the_cursor(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/stat", problem(404, "PATH_NOT_FOUND", "/\x1b[2J is not there"))

    assert "\x1b" not in avio("stat /x", 6).stderr
