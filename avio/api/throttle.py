"""Slows down password guessing: counts failed logins by name and address, in Redis for all web processes.

While Redis is unavailable each process counts in its own memory. Uses the library `limits`.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import redis
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from avio.api.known_clients import KnownClients
from avio.errors import TooMany
from avio.streams import LOGINS_PREFIX

WINDOW_SECONDS = 900
PAIR_BURST, BURST_SECONDS = 5, 60
PAIR_FAILURES = 20
FIRST_SECONDS = 300  # of an address that has used up its failures, in which each name has one try
OVER_SECONDS = 2  # between two such tries
AWAY_SECONDS = 5.0  # for which Redis is not asked again

T = TypeVar("T")

log = logging.getLogger(__name__)


class Throttle:
    """Limits of failed logins: of a name from one address, of an address, of a name.

    The last two do not count where this name has logged in from this address before: so nobody can keep a user out
    of the places that the user works from. A success counts nothing. From an address that has used up its failures
    each name has a try now and then: a right password gets in, and nobody guesses faster than an account allows.
    """

    def __init__(self, client: redis.Redis, known: KnownClients, *, per_address: int, per_account: int) -> None:
        self._client = client
        self._known = known
        self._pair = [
            RateLimitItemPerSecond(PAIR_BURST, BURST_SECONDS, "burst"),
            RateLimitItemPerSecond(PAIR_FAILURES, WINDOW_SECONDS, "pair"),
        ]
        self._address = RateLimitItemPerSecond(per_address, WINDOW_SECONDS, "address")
        self._first = RateLimitItemPerSecond(1, FIRST_SECONDS, "first")
        self._over = RateLimitItemPerSecond(1, OVER_SECONDS, "over")
        self._account = RateLimitItemPerSecond(per_account, WINDOW_SECONDS, "account")
        self._away_until = float("-inf")

    @cached_property
    def _memory(self) -> FixedWindowRateLimiter:
        return FixedWindowRateLimiter(MemoryStorage())

    @cached_property
    def _shared(self) -> FixedWindowRateLimiter:
        storage = RedisStorage(
            "redis://", connection_pool=self._client.connection_pool, key_prefix=LOGINS_PREFIX.rstrip(":")
        )
        return FixedWindowRateLimiter(storage)

    def enter(self, name: str, address: str) -> bool:
        """Return True if `name` has logged in from `address` before, False if not.

        Raise TooMany, with the seconds to wait, if no password may be checked now.
        """
        pair, account = _key(name, address), _key(name)
        for item in self._pair:
            self._require(item, pair, "too many failed logins of this name")
        if self._known.has(name, address):
            return True
        self._require_address(name, address)
        try:
            self._require(self._account, account, "too many failed logins of this name")
        except TooMany:
            self._hit(self._address, _key(address))  # so that few addresses can't use up a name's tries for ever
            raise
        return False

    def _require_address(self, name: str, address: str) -> None:
        """Raise TooMany if the address has used up its failures, unless this name has a try from there."""
        if self._ask(lambda limiter: limiter.test(self._address, _key(address))):
            return
        tries = ((self._first, _key(name, address)), (self._over, _key(address)))
        for item, key in tries:
            self._require(item, key, "too many failed logins from this address")
        for item, key in tries:
            self._hit(item, key)

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        for item in self._pair:
            self._hit(item, _key(name, address))
        self._hit(self._address, _key(address))
        if not self._known.has(name, address):
            self._hit(self._account, _key(name))

    def succeeded(self, name: str, address: str) -> None:
        """Remember that `name` has logged in from `address`, and forget its failures there."""
        self._known.add(name, address)
        for item in self._pair:
            self._everywhere(lambda limiter, item=item: limiter.clear(item, _key(name, address)))  # type: ignore[misc]

    def _require(self, item: RateLimitItemPerSecond, key: str, why: str) -> None:
        if self._ask(lambda limiter: limiter.test(item, key)):
            return
        reset = self._ask(lambda limiter: limiter.get_window_stats(item, key)).reset_time
        wait = min(max(1, math.ceil(reset - time.time())), item.get_expiry())
        raise TooMany(why, cure=f"wait {wait} s, then try again", retry_after=wait)

    def _hit(self, item: RateLimitItemPerSecond, key: str) -> None:
        self._everywhere(lambda limiter: limiter.hit(item, key))

    def _everywhere(self, act: Callable[[FixedWindowRateLimiter], object]) -> None:
        """Count in the memory too, for the time when Redis is unavailable."""
        act(self._memory)
        self._try_shared(act)

    def _ask(self, question: Callable[[FixedWindowRateLimiter], T]) -> T:
        answer = self._try_shared(question)
        return question(self._memory) if answer is None else answer

    def _try_shared(self, act: Callable[[FixedWindowRateLimiter], T]) -> T | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            return act(self._shared)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("failed logins are counted in this process alone: %s", error)
            return None


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
