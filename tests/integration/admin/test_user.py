"""`avio-server user` and `avio-server token`."""

from collections.abc import Callable

import pytest

from avio import passwords
from avio.db import tokens, users
from avio.errors import BadRequest, Conflict, NotFound
from avio.terminal.widths import cell_len
from tests.integration.admin.conftest import Server

AddUser = Callable[..., str]


def test_a_user_is_added_with_the_password_that_was_given(server: Server, add_user: AddUser) -> None:
    assert "added ada, uid 1" in add_user("ada", "--admin")
    assert "added bob, uid 2" in add_user("bob")

    with server.database():
        ada = users.find("ada")
        assert ada is not None
        assert passwords.verify_password("correct horse", ada.password_hash)
    rows = server.rows("user", "list")
    assert [(row["uid"], row["name"], row["admin"], row["disabled"]) for row in rows] == [
        (1, "ada", True, None),
        (2, "bob", False, None),
    ]


def test_a_chinese_name_leaves_the_columns_behind_it_in_line(server: Server, add_user: AddUser) -> None:
    add_user("王小明")
    add_user("bob")

    heading, *lines = server.done("user", "list").splitlines()

    assert {cell_len(line.partition("false")[0]) for line in lines} == {heading.index("ADMIN")}


def test_a_password_is_asked_for_twice_and_never_shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    output = server.done("user", "add", "ada", given="correct horse\ncorrect horse\n")

    assert "correct horse" not in output


@pytest.mark.parametrize("command", ["add", "passwd"])
def test_a_password_that_nobody_can_be_asked_for_is_wrong_usage(
    server: Server, add_user: AddUser, command: str
) -> None:
    if command == "passwd":
        add_user("ada")

    result = server.run("user", command, "ada", given="")

    assert result.exit_code == 2
    assert "cannot ask for the password: standard input is not a terminal; use --password-stdin" in result.stderr


def test_a_name_that_is_taken_is_refused_unless_it_may_be(server: Server, add_user: AddUser) -> None:
    add_user("ada")

    result = server.run("user", "add", "ada", "--password-stdin", given="another password\n")
    assert isinstance(result.exception, Conflict)

    add_user("ada", "--if-missing", password="another password")
    with server.database():
        ada = users.find("ada")
        assert ada is not None
        assert passwords.verify_password("correct horse", ada.password_hash)


@pytest.mark.parametrize("name", ["", " ada", "a\nb", "a" * 65, "\x1b[31m"])
def test_a_name_that_is_none_is_refused(server: Server, name: str) -> None:
    result = server.run("user", "add", name, "--password-stdin", given="correct horse\n")

    assert isinstance(result.exception, BadRequest)
    assert result.exception.fields[0].field == "name"


def test_a_short_password_is_refused(server: Server) -> None:
    result = server.run("user", "add", "ada", "--password-stdin", given="short\n")

    assert isinstance(result.exception, BadRequest)
    assert server.rows("user", "list") == []


@pytest.mark.parametrize("command", [["passwd"], ["disable"], ["enable"]], ids=str)
def test_somebody_who_is_not_there_is_told(server: Server, command: list[str]) -> None:
    result = server.run("user", *command, "nobody", given="correct horse\ncorrect horse\n")

    assert isinstance(result.exception, NotFound)
    assert "user list" in result.exception.cure


def test_a_new_password_ends_all_logins(server: Server, add_user: AddUser) -> None:
    add_user("ada")
    with server.database():
        tokens.add("ab" * 32, 1, 60)

    server.done("user", "passwd", "ada", "--password-stdin", given="another password\n")

    (row,) = server.rows("token", "list")
    assert row["id"] == ("ab" * 32)[:12]
    with server.database():
        login = tokens.look_up("ab" * 32)
        assert login is not None
        assert login.revoked


def test_a_user_is_disabled_and_enabled_again(server: Server, add_user: AddUser) -> None:
    add_user("ada")

    assert "is disabled" in server.done("user", "disable", "ada")
    assert "already" in server.done("user", "disable", "ada")
    assert server.rows("user", "list")[0]["disabled"] is not None
    assert "is enabled" in server.done("user", "enable", "ada")
    assert "was not disabled" in server.done("user", "enable", "ada")


def test_a_token_is_revoked_by_its_id(server: Server, add_user: AddUser) -> None:
    add_user("ada")
    with server.database():
        tokens.add("ab" * 32, 1, 60)
    token_id = server.rows("token", "list", "--user", "ada")[0]["id"]

    assert "revoked" in server.done("token", "revoke", token_id.upper())

    assert isinstance(server.run("token", "revoke", token_id).exception, NotFound)
    assert isinstance(server.run("token", "revoke", "abab").exception, BadRequest)
    assert isinstance(server.run("token", "list", "--user", "nobody").exception, NotFound)


def test_the_last_admin_who_can_log_in_is_disabled_by_force_alone(server: Server, add_user: AddUser) -> None:
    add_user("ada")
    add_user("grace", "--admin")
    add_user("lena", "--admin")
    server.done("user", "disable", "lena")

    refused = server.run("user", "disable", "grace")

    assert isinstance(refused.exception, Conflict)
    assert "last admin" in refused.exception.message
    assert "avio-server user add NAME --admin" in refused.exception.cure
    assert "--force" in refused.exception.cure
    assert "is disabled" in server.done("user", "disable", "ada")
    assert "is disabled" in server.done("user", "disable", "--force", "grace")
    assert "already" in server.done("user", "disable", "grace")


@pytest.mark.parametrize(
    "arguments",
    [("user", "disable"), ("user", "add"), ("user", "passwd"), ("user", "enable"), ("token", "revoke"), ("job",)],
    ids=" ".join,
)
def test_an_argument_that_is_not_utf8_is_named(server: Server, arguments: tuple[str, ...]) -> None:
    result = server.run(*arguments, "\udcff")

    assert result.exit_code == 2
    assert r"'\xff' is not UTF-8; write it in UTF-8" in result.stderr


def test_an_endless_line_is_no_password(server: Server) -> None:
    result = server.run("user", "add", "ada", "--password-stdin", given="x" * 5000)

    assert result.exit_code == 2
    assert "the password has more than 1,024 characters" in result.stderr
