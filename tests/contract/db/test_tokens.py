"""Users and their login tokens: what holds, what is over."""

import pytest

from avio.db import tokens, users
from avio.db.sql import change, now
from tests.contract.db import given

DIGEST = "ab" * 32


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user(admin=True)


def test_a_token_is_its_users_until_it_expires() -> None:
    expires = tokens.add(DIGEST, 1, 60)

    assert tokens.look_up(DIGEST) == tokens.Login(1, "ada", True, expires, expired=False, revoked=False)
    assert expires == pytest.approx(now() + 60, abs=5)


def test_an_expired_token_is_told_from_one_that_never_was() -> None:
    tokens.add(DIGEST, 1, -0.01)

    login = tokens.look_up(DIGEST)

    assert login is not None
    assert login.expired
    assert not login.revoked
    assert tokens.look_up("cd" * 32) is None


def test_a_token_is_renewed_up_to_its_greatest_age_unless_it_is_over() -> None:
    tokens.add(DIGEST, 1, 10)
    tokens.add("cd" * 32, 1, -1)
    tokens.add("ef" * 32, 1, 10)
    tokens.revoke("ef" * 32)

    assert tokens.renew(DIGEST, 60, 1000)
    login = tokens.look_up(DIGEST)
    assert login is not None
    assert login.left == pytest.approx(60, abs=5)
    assert not login.is_worn(60, 1000)
    assert login.is_worn(600, 1000)
    assert not login.is_worn(600, 30)

    assert tokens.renew(DIGEST, 600, 90)
    login = tokens.look_up(DIGEST)
    assert login is not None
    assert login.expires_at == pytest.approx(login.created_at + 90)
    assert not tokens.renew("cd" * 32, 60, 1000)
    assert not tokens.renew("ef" * 32, 60, 1000)


def test_a_revoked_token_is_over_and_can_not_be_revoked_again() -> None:
    tokens.add(DIGEST, 1, 60)

    assert tokens.revoke(DIGEST)

    login = tokens.look_up(DIGEST)
    assert login is not None
    assert login.revoked
    assert not tokens.revoke(DIGEST)


def test_the_tokens_of_a_disabled_user_are_over_and_stay_so() -> None:
    tokens.add(DIGEST, 1, 60)

    assert users.disable("ada")
    assert not users.disable("ada")
    assert _revoked()

    assert users.enable("ada")
    assert not users.enable("ada")
    assert _revoked()


def test_a_disabled_user_gets_in_by_no_token_that_came_later() -> None:
    users.disable("ada")

    tokens.add(DIGEST, 1, 60)

    assert _revoked()


def test_a_new_password_ends_the_logins_of_the_old_one() -> None:
    tokens.add(DIGEST, 1, 60)

    assert users.set_password("ada", "other hash")
    assert not users.set_password("nobody", "hash")

    assert _revoked()


def test_tokens_are_revoked_by_the_beginning_of_their_digest() -> None:
    tokens.add(DIGEST, 1, 60)
    tokens.add("cd" * 32, 1, 60)

    assert tokens.revoke_like(DIGEST[:12]) == 1
    assert tokens.revoke_like(DIGEST[:12]) == 0
    assert [token.digest for token in tokens.newest() if token.revoked_at is None] == ["cd" * 32]


def test_tokens_that_expired_long_ago_are_forgotten() -> None:
    tokens.add(DIGEST, 1, -100)
    tokens.add("cd" * 32, 1, 60)

    assert tokens.forget_expired(50, 10) == 1
    assert [token.digest for token in tokens.newest(uid=1)] == ["cd" * 32]
    assert tokens.newest(uid=2) == []


def test_no_more_tokens_are_forgotten_at_once_than_asked_for_whatever_the_plan() -> None:
    tokens.add(DIGEST, 1, -100)
    change("DELETE FROM tokens")
    change("ANALYZE tokens")  # from now on the database takes the table for almost empty
    for number in range(3):
        tokens.add(f"{number:064}", 1, -100)

    assert tokens.forget_expired(50, 2) == 2


def test_numbers_of_users_go_on_and_names_are_unique() -> None:
    assert users.create("ada", "hash") is None
    assert given.user("bob") == 2
    assert [user.name for user in users.everyone()] == ["ada", "bob"]
    assert [user.uid for user in users.everyone()] == [1, 2]


def _revoked() -> bool:
    login = tokens.look_up(DIGEST)
    assert login is not None
    return login.revoked
