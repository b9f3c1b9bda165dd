"""`avio keep`: what reaches the server, and what people and programs see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.commands.conftest import Avio
from tests.unit.commands.samples import JOB, keep_info, whoami_info
from tests.unit.commands.stub import Reply, Stub, problem

pytestmark = pytest.mark.usefixtures("logged_in")


def page(*found: dict[str, Any]) -> Reply:
    return Reply({"keeps": list(found), "nextPageToken": None})


def test_a_path_is_kept_for_so_long(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/keeps", Reply(keep_info(status="starting"), 201))

    said = avio("keep /data --until 72h")

    (asked,) = stub.requests
    assert asked.json["alluxioUri"] == "/data"
    until = datetime.fromisoformat(asked.json["until"])
    assert abs(until - datetime.now(UTC) - timedelta(hours=72)) < timedelta(minutes=1)
    assert said.stdout == ""
    assert said.stderr.startswith("/data is kept until 2026-05-05 ")
    assert "; a job that drops files may not know of it before 2026-05-02 " in said.stderr


def test_a_path_is_kept_for_ever(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/keeps", Reply(keep_info(until=None), 200))

    said = avio("keep /data --forever")

    assert stub.requests[0].json == {"alluxioUri": "/data"}
    assert said.stderr == "/data is kept until you end it\n"
    assert json.loads(avio("keep /data --forever --json").stdout) == keep_info(until=None)


def test_a_cache_that_evicts_by_itself_is_told_of(avio: Avio, stub: Stub) -> None:
    stub.on("POST", "/keeps", Reply(keep_info(until=None, evictable=True), 200))
    said = avio("keep /data --forever").stderr
    assert said == "/data is kept until you end it; nobody frees it, but the cache may evict it by itself\n"


def test_the_list_has_open_keeps_or_with_all_each(avio: Avio, stub: Stub) -> None:
    over = keep_info(id=JOB[:-1] + "P", status="expired", path="/old")
    stub.on("GET", "/keeps", page(keep_info(), over))

    assert avio("keep").stdout.splitlines() == [
        f"{JOB}\tlena\tactive\t2026-05-05T11:40:00.000+08:00\t/data",
    ]
    assert [line.split("\t")[-1] for line in avio("keep --all").stdout.splitlines()] == ["/data", "/old"]
    assert json.loads(avio("keep --all --json").stdout) == {"keeps": [keep_info(), over]}


def test_a_path_alone_asks_who_keeps_it(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/keeps", page(keep_info()))
    assert "lena" in avio("keep /data/a").stdout
    assert stub.requests[0].query == {"alluxioUri": ["/data/a"]}


def test_ones_own_keep_is_ended_by_its_path(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/whoami", Reply(whoami_info() | {"uid": 7}))
    stub.on("GET", "/keeps", page(keep_info(uid=8, id=JOB[:-1] + "P"), keep_info()))
    stub.on("DELETE", f"/keeps/{JOB}", Reply({}))
    stub.on("GET", f"/keeps/{JOB}", Reply(keep_info(status="ended")))

    assert avio("keep /data/ --end").stderr == "/data is no longer kept by lena\n"
    assert [request.path for request in stub.requests if request.method == "DELETE"] == [f"/keeps/{JOB}"]


def test_a_keep_is_ended_by_its_id(avio: Avio, stub: Stub) -> None:
    stub.on("DELETE", f"/keeps/{JOB}", Reply({}))
    stub.on("GET", f"/keeps/{JOB}", Reply(keep_info(status="ended")))
    assert json.loads(avio(f"keep {JOB.lower()} --end --json").stdout)["status"] == "ended"


def test_what_one_does_not_keep_is_not_ended(avio: Avio, stub: Stub) -> None:
    stub.on("GET", "/whoami", Reply(whoami_info() | {"uid": 9}))
    stub.on("GET", "/keeps", page(keep_info()))

    said = avio("keep /data/x --end", 6).stderr.splitlines()

    assert said[0] == "error:   you don't keep /data/x (NOT_FOUND)"
    assert said[1] == f"why:     lena keeps /data ({JOB})"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--until 72h", "--until needs a PATH"),
        ("--end", "--end needs a PATH"),
        ("/data --until 72h --end", "give one of --until, --end"),
        ("/data --forever --until 1h", "give one of --until, --forever"),
        ("/data --all", "--all is without a PATH"),
        ("/data --until soon", "is not a time"),
    ],
)
def test_wrong_usage_asks_the_server_nothing(avio: Avio, stub: Stub, line: str, words: str) -> None:
    assert words in avio(f"keep {line}", 2).stderr
    assert stub.requests == []


def test_a_free_of_ones_own_keep_says_which_command_ends_it(avio: Avio, stub: Stub) -> None:
    refusal = problem(409, "KEPT", "you keep /data cached", cure="end it first: DELETE /keeps/{id}")
    stub.on("POST", "/free", refusal)
    assert avio("free /data", 1).stderr.splitlines()[-1] == "try:     end it first: avio keep PATH --end"


def test_an_admin_ends_the_keep_of_somebody_else_by_its_id(avio: Avio, stub: Stub) -> None:
    refusal = problem(409, "KEPT", "ann keeps /data cached", cure="end it by its id first: DELETE /keeps/{id}")
    stub.on("POST", "/free", refusal)
    assert avio("free /data", 1).stderr.splitlines()[-1] == "try:     end it by its id first: avio keep ID --end"
