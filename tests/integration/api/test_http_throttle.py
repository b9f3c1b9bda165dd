"""Failed logins are counted by name and by address, for all web processes at once; successes are not."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio import streams
from avio.api.known_clients import KnownClients
from avio.api.throttle import (
    BURST_SECONDS,
    FIRST_SECONDS,
    OVER_SECONDS,
    PAIR_BURST,
    PAIR_FAILURES,
    WINDOW_SECONDS,
    Throttle,
)
from avio.errors import TooMany
from tests.servers.valkey import Valkey, valkey

PER_ADDRESS, PER_ACCOUNT = 12, 9
HOME, OFFICE = "192.0.2.1", "192.0.2.2"


def throttle(url: str) -> Throttle:
    """Return the throttle of one web process."""
    client = streams.connect(url)
    return Throttle(client, KnownClients(client), per_address=PER_ADDRESS, per_account=PER_ACCOUNT)


@pytest.fixture
def web(valkey_url: str) -> Throttle:
    """One web process."""
    return throttle(valkey_url)


@pytest.fixture
def other_web(valkey_url: str) -> Throttle:
    """Another one, over the same Redis."""
    return throttle(valkey_url)


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server that a test may kill."""
    with valkey(tmp_path / "own") as server:
        yield server


def guess(web: Throttle, name: str, address: str) -> bool:
    """Try a wrong password. Return False if it was not even looked at."""
    try:
        web.enter(name, address)
    except TooMany as refused:
        return refused.retry_after not in range(1, WINDOW_SECONDS + 1)
    web.failed(name, address)
    return True


def guesses(web: Throttle, tries: Callable[[int], tuple[str, str]], number: int) -> int:
    """Return how many of `number` wrong passwords were looked at."""
    return sum(guess(web, *tries(no)) for no in range(number))


def test_a_name_has_few_tries_from_one_address_whatever_process_answers(web: Throttle, other_web: Throttle) -> None:
    processes = (web, other_web)
    assert sum(guess(processes[no % 2], "ada", HOME) for no in range(50)) == PAIR_BURST
    with pytest.raises(TooMany) as refused:
        web.enter("ada", HOME)
    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= BURST_SECONDS
    assert PAIR_FAILURES > PAIR_BURST
    web.enter("bob", HOME)
    web.enter("ada", OFFICE)


def test_an_address_has_few_tries_whatever_the_names(web: Throttle, other_web: Throttle) -> None:
    began = time.monotonic()
    tried = guesses(web, lambda no: (f"user {no}", HOME), 50)
    over = tried - PER_ADDRESS
    assert 1 <= over <= 2 + (time.monotonic() - began) / OVER_SECONDS, "one now and then"
    assert guess(other_web, "one more", OFFICE)


def test_a_first_login_from_an_address_that_others_have_used_up_gets_in_soon(
    web: Throttle, other_web: Throttle
) -> None:
    guesses(web, lambda no: (f"user {no}", HOME), 50)
    with pytest.raises(TooMany, match="this address") as refused:
        other_web.enter("ada", HOME)
    assert refused.value.retry_after is not None
    assert refused.value.retry_after <= OVER_SECONDS
    time.sleep(OVER_SECONDS)

    assert not other_web.enter("ada", HOME), "her password is looked at"
    other_web.succeeded("ada", HOME)

    assert all(web.enter("ada", HOME) for _ in range(20))


def test_a_name_has_one_try_in_a_while_from_an_address_that_is_used_up(web: Throttle) -> None:
    guesses(web, lambda no: (f"user {no}", HOME), 50)
    time.sleep(OVER_SECONDS)
    assert guess(web, "ada", HOME)
    time.sleep(OVER_SECONDS)
    with pytest.raises(TooMany) as refused:
        web.enter("ada", HOME)
    assert refused.value.retry_after is not None
    assert OVER_SECONDS < refused.value.retry_after <= FIRST_SECONDS
    assert guess(web, "bob", HOME)


def test_a_name_has_few_tries_whatever_the_addresses(web: Throttle, other_web: Throttle) -> None:
    assert guesses(web, lambda no: ("root", f"198.51.100.{no}"), 50) == PER_ACCOUNT
    assert not guess(other_web, "root", "203.0.113.9")


def test_where_a_user_has_logged_in_nobody_else_keeps_the_user_out(web: Throttle, other_web: Throttle) -> None:
    web.enter("ada", OFFICE)
    web.succeeded("ada", OFFICE)
    guesses(web, lambda no: ("ada", f"198.51.100.{no}"), 50)  # the name is full
    guesses(web, lambda no: (f"user {no}", OFFICE), 50)  # and the address

    assert other_web.enter("ada", OFFICE), "known from there"
    with pytest.raises(TooMany):
        other_web.enter("ada", HOME)
    assert guesses(other_web, lambda _: ("ada", OFFICE), 50) == PAIR_BURST, "it is no free pass for guessing"


def test_refused_tries_use_up_the_address_and_not_the_name(web: Throttle) -> None:
    guesses(web, lambda no: ("ada", f"198.51.100.{no}"), PER_ACCOUNT)
    for _ in range(PER_ADDRESS):
        assert not guess(web, "ada", HOME)
    assert not guess(web, "ada", HOME), "it takes the try that the address has now and then"
    with pytest.raises(TooMany, match="this address"):
        web.enter("bob", HOME)


def test_successes_count_nothing_and_forget_the_failures_of_the_pair(web: Throttle) -> None:
    for _ in range(100):
        web.enter("ada", HOME)
        web.succeeded("ada", HOME)
    for _ in range(PAIR_BURST - 1):
        assert guess(web, "ada", HOME)
    web.succeeded("ada", HOME)
    assert guesses(web, lambda _: ("ada", HOME), 50) == PAIR_BURST


def test_without_redis_each_process_counts_by_itself_and_does_not_forget(own_valkey: Valkey) -> None:
    web = throttle(own_valkey.url)
    web.succeeded("ada", OFFICE)
    for _ in range(PAIR_BURST - 1):
        assert guess(web, "ada", HOME)
    own_valkey.kill()
    assert guesses(web, lambda _: ("ada", HOME), 50) == 1, "those before are remembered"
    assert web.enter("ada", OFFICE), "and so are known addresses"
