"""The login of avio-gate."""

from pathlib import Path
from typing import Self

import pytest

from avio.client import ClientError, Unreachable
from avio.client.errors import ApiError
from avio.gate import account as accounts
from avio.gate.account import Account


class Server:
    """Takes logins in place of a client."""

    def __init__(self) -> None:
        self.logins: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def __call__(self, url: str) -> "Server":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def login(self, name: str, password: str) -> dict[str, str]:
        self.logins.append((name, password))
        if self.error is not None:
            raise self.error
        return {"authToken": f"token-{len(self.logins)}"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(accounts, "Client", made)
    return made


@pytest.fixture
def account(tmp_path: Path) -> Account:
    (tmp_path / "name").write_text("gate\n")
    (tmp_path / "password").write_text("hush \n")
    return Account("http://avio:8080", tmp_path / "name", tmp_path / "password")


def test_all_threads_have_one_token_until_the_server_refuses_it(server: Server, account: Account) -> None:
    first = account.token()
    assert account.token() == first
    account.forget(first)
    second = account.token()
    account.forget(first)

    assert account.token() == second
    assert server.logins == [("gate", "hush ")] * 2


def test_a_new_password_is_read_from_the_secret(server: Server, account: Account, tmp_path: Path) -> None:
    account.forget(account.token())
    (tmp_path / "password").write_text("new")
    account.token()

    assert server.logins[-1] == ("gate", "new")


def test_a_refused_login_is_not_tried_again_at_once(server: Server, account: Account) -> None:
    server.error = ApiError({"status": 401, "reason": "LOGIN_REFUSED", "detail": "wrong", "title": "t"})
    for _ in range(3):
        with pytest.raises(ApiError):
            account.token()

    assert len(server.logins) == 1
    assert account.trouble is server.error


def test_a_server_that_is_away_is_asked_again_soon(
    server: Server, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "AWAY_SECONDS", 0.0)
    server.error = Unreachable("away", why="no", cure="wait")
    with pytest.raises(Unreachable):
        account.token()
    server.error = None

    assert account.token() == "token-2"
    assert account.trouble is None


def test_a_file_that_is_missing_or_empty_is_named(account: Account, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    with pytest.raises(ClientError, match="password is empty"):
        account.token()

    (tmp_path / "password").unlink()
    with pytest.raises(ClientError, match="password is empty"):
        account.token()  # the same trouble, for a while
