"""Login, logout and what happens to tokens that don't hold."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avio import passwords
from avio.api.parts import KEY
from avio.api.throttle import FREE_TRIES, Throttle
from avio.db import users
from avio.db.connecting import borrow
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


@pytest.mark.parametrize("value", ["Bearer {}", "Basic {}", "{}", "QBox", "QBox ", "QBox  x y", "QBox a=b"])
def test_only_the_scheme_qbox_is_heard(ada: CheckedClient, value: str) -> None:
    assert ada.get("/whoami", headers={"Authorization": value.format(ada.token)}).status_code == 401


@pytest.mark.parametrize("name", ["token", "authToken", "access_token", "Authorization"])
def test_a_token_in_the_query_is_no_token(ada: CheckedClient, nobody: CheckedClient, name: str) -> None:
    assert nobody.get(f"/whoami?{name}={ada.token}").status_code == 401


def test_five_failures_then_waiting_and_only_for_that_user_and_address(nobody: CheckedClient) -> None:
    extensions = nobody.application.extensions
    # On a clock that stands: the machine may take seconds for all this.
    extensions[KEY] = replace(extensions[KEY], throttle=Throttle(lambda: 1000.0))
    wrong = {"name": "ada", "password": "wrong"}
    for _ in range(FREE_TRIES):
        assert nobody.post("/login", json=wrong).status_code == 401
    refused = nobody.post("/login", json={"name": "ada", "password": PASSWORD})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 2

    elsewhere = nobody.post(
        "/login", json={"name": "ada", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert elsewhere.status_code == 200
    assert nobody.post("/login", json={"name": "bob", "password": PASSWORD}).status_code == 200


def test_without_a_token_nothing_is_told_about_shapes(nobody: CheckedClient) -> None:
    assert nobody.get("/list?oops=1").status_code == 401
    assert nobody.post("/preload", data="{").status_code == 401


def test_an_admin_is_told_to_be_one(person: Callable[[str], CheckedClient]) -> None:
    assert person("root").get("/whoami").get_json()["admin"] is True
