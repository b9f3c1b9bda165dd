"""Login, logout and what happens to tokens that don't hold."""

from collections.abc import Callable

import pytest

from avio import passwords
from avio.api import Web, create_app
from avio.api.throttle import BURST_SECONDS, PAIR_BURST
from avio.config import Settings
from avio.db import users
from avio.db.connection import borrow
from avio.db.models import Token
from avio.db.sql import now
from tests.integration.api.conftest import PASSWORD, CheckedClient


def test_a_login_gives_a_token_that_holds_until_logout(nobody: CheckedClient) -> None:
    opened = nobody.post("/login", json={"name": "ada", "password": PASSWORD}).get_json()
    nobody.token = opened["authToken"]
    known = nobody.get("/whoami").get_json()
    assert (known["name"], known["admin"]) == ("ada", False)
    assert known["expireTime"] == opened["expireTime"]
    assert opened["expireTime"].endswith("+08:00")

    assert nobody.post("/logout").status_code == 204
    after = nobody.get("/whoami")
    assert after.status_code == 401
    assert after.headers["WWW-Authenticate"] == 'QBox realm="avio", error="invalid_token"'


def test_only_the_digest_of_a_token_is_kept(nobody: CheckedClient) -> None:
    token = nobody.post("/login", json={"name": "ada", "password": PASSWORD}).get_json()["authToken"]
    with borrow():
        kept = [row.digest for row in Token.select()]
    assert kept == [passwords.digest(token)]


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    nobody: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str | None] = []
    verify = passwords.verify_password
    monkeypatch.setattr(passwords, "verify_password", lambda word, kept: hashed.append(kept) or verify(word, kept))
    answers = []
    for name in ("ada", "nobody"):
        response = nobody.post("/login", json={"name": name, "password": "wrong"})
        answers.append((response.status_code, {**response.get_json(), "requestId": ""}))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert len(hashed) == 2, "an unknown user costs a hash run too"


def test_a_disabled_user_can_neither_log_in_nor_go_on(nobody: CheckedClient, ada: CheckedClient) -> None:
    with borrow():
        users.disable("ada")
    assert nobody.post("/login", json={"name": "ada", "password": PASSWORD}).status_code == 401
    assert ada.get("/whoami").status_code == 401


def test_an_expired_token_is_told_apart_from_a_wrong_one(ada: CheckedClient) -> None:
    with borrow():
        Token.update(expires_at=now() - 1).execute()
    assert ada.get("/jobs").headers["WWW-Authenticate"] == 'QBox realm="avio", error="expired_token"'
    ada.token = "avs1_wrong"
    wrong = ada.get("/jobs")
    assert wrong.status_code == 401
    assert wrong.headers["WWW-Authenticate"] == 'QBox realm="avio", error="invalid_token"'


def test_a_token_that_is_used_is_renewed_until_its_greatest_age(ada: CheckedClient) -> None:
    def age(created: float, expires: float) -> float:
        """Set both times, in seconds from now; return how long the token is valid after a call."""
        with borrow():
            Token.update(created_at=now() + created, expires_at=now() + expires).execute()
        assert ada.get("/whoami").status_code == 200
        with borrow():
            return float(Token.select().get().expires_at) - now()

    assert age(created=-100, expires=43_000) == pytest.approx(43_000, abs=5), "not at each use: that is a write"
    assert age(created=-100_000, expires=100) == pytest.approx(43_200, abs=5)
    assert age(created=-2_592_000 + 1000, expires=100) == pytest.approx(1000, abs=5)
    assert age(created=-2_592_000 - 1000, expires=100) == pytest.approx(100, abs=5)


@pytest.mark.parametrize("value", ["Bearer {}", "Basic {}", "{}", "QBox", "QBox ", "QBox  x y", "QBox a=b"])
def test_only_the_scheme_qbox_is_heard(ada: CheckedClient, value: str) -> None:
    assert ada.get("/whoami", headers={"Authorization": value.format(ada.token)}).status_code == 401


@pytest.mark.parametrize("name", ["token", "authToken", "access_token", "Authorization"])
def test_a_token_in_the_query_is_no_token(ada: CheckedClient, nobody: CheckedClient, name: str) -> None:
    assert nobody.get(f"/whoami?{name}={ada.token}").status_code == 401


def test_five_failures_then_waiting_and_only_for_that_user_and_address(nobody: CheckedClient) -> None:
    wrong = {"name": "ada", "password": "wrong"}
    for _ in range(PAIR_BURST):
        assert nobody.post("/login", json=wrong).status_code == 401
    refused = nobody.post("/login", json={"name": "ada", "password": PASSWORD})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= BURST_SECONDS

    elsewhere = nobody.post(
        "/login", json={"name": "ada", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert elsewhere.status_code == 200
    assert nobody.post("/login", json={"name": "bob", "password": PASSWORD}).status_code == 200


def test_behind_a_trusted_proxy_each_client_counts_for_itself(app: Web, settings: Settings) -> None:
    proxied = create_app(settings.model_copy(update={"trusted_proxies": ["127.0.0.0/8"]})).test_client()

    def log_in(password: str, forwarded: str, proxy: str = "127.0.0.1") -> int:
        body, headers = {"name": "ada", "password": password}, {"X-Forwarded-For": forwarded}
        return proxied.post("/login", json=body, headers=headers, environ_base={"REMOTE_ADDR": proxy}).status_code

    assert [log_in("wrong", "192.0.2.1") for _ in range(PAIR_BURST + 1)] == [401] * PAIR_BURST + [429]
    assert log_in(PASSWORD, "192.0.2.1") == 429
    assert log_in(PASSWORD, "192.0.2.1, 192.0.2.2") == 200
    assert [log_in("wrong", f"192.0.2.{no}", "203.0.113.1") for no in range(PAIR_BURST + 1)][-1] == 429, "a liar"


def test_without_a_token_nothing_is_told_about_shapes(nobody: CheckedClient) -> None:
    assert nobody.get("/list?oops=1").status_code == 401
    assert nobody.post("/preload", data="{").status_code == 401


def test_an_admin_is_told_to_be_one(person: Callable[[str], CheckedClient]) -> None:
    assert person("root").get("/whoami").get_json()["admin"] is True
