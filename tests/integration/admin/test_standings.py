"""`avio-server user set` and `avio-server group`: weights, groups, limits and the right to overtake."""

from collections.abc import Callable

import pytest

from avio.errors import BadRequest, Conflict, NotFound
from tests.integration.admin.conftest import Server

AddUser = Callable[..., str]


def test_a_user_gets_weight_group_limit_and_right(server: Server, add_user: AddUser) -> None:
    add_user("ada")
    server.done("group", "set", "vision", "--weight", "2", "--jobs-max", "10")

    server.done("user", "set", "ada", "--weight", "3", "--group", "vision", "--jobs-max", "4", "--may-overtake")

    def shown() -> tuple[object, ...]:
        (row,) = server.rows("user", "list")
        return row["weight"], row["group"], row["jobs_max"], row["may_overtake"]

    assert shown() == (3, "vision", 4, True)
    assert server.rows("group", "list") == [{"name": "vision", "weight": 2, "jobs_max": 10, "users": 1}]
    server.done("user", "set", "ada", "--no-group", "--jobs-max", "0", "--no-overtake")
    assert shown() == (3, None, None, False)


def test_a_group_is_changed_and_deleted_when_it_has_no_users(server: Server, add_user: AddUser) -> None:
    add_user("ada")
    assert "added group vision" in server.done("group", "set", "vision")
    assert "changed group vision" in server.done("group", "set", "vision", "--weight", "5")
    server.done("user", "set", "ada", "--group", "vision")

    refused = server.run("group", "delete", "vision").exception
    assert isinstance(refused, Conflict)
    assert "has 1 user" in str(refused)

    server.done("user", "set", "ada", "--no-group")
    server.done("group", "delete", "vision")
    assert server.rows("group", "list") == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("user", "set", "bob", "--weight", "2"), NotFound),
        (("user", "set", "ada", "--group", "nowhere"), NotFound),
        (("group", "delete", "nowhere"), NotFound),
        (("group", "set", " x"), BadRequest),
    ],
)
def test_what_is_not_there_is_named(
    server: Server, add_user: AddUser, words: tuple[str, ...], error: type[Exception]
) -> None:
    add_user("ada")

    assert isinstance(server.run(*words).exception, error)


@pytest.mark.parametrize(
    "words", [("--weight", "0"), ("--weight", "1001"), ("--weight", "1.5"), ("--group", "x", "--no-group"), ()]
)
def test_wrong_usage_changes_nothing(server: Server, add_user: AddUser, words: tuple[str, ...]) -> None:
    add_user("ada")

    assert server.run("user", "set", "ada", *words).exit_code == 2
    assert server.rows("user", "list")[0]["weight"] == 1
