"""From which addresses each user has logged in: in Redis for 30 days, and in the memory of each web process."""

import hashlib
import threading
from collections import OrderedDict
from contextlib import suppress

import redis

from avio.streams import LOGINS_PREFIX

KEPT_SECONDS = 30 * 86_400
KEPT_IN_MEMORY = 10_000


class KnownClients:
    """Pairs of a name and an address, as digests."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._own: OrderedDict[str, None] = OrderedDict()

    def has(self, name: str, address: str) -> bool:
        """Return True if the pair is known. Without Redis this process knows those that it has seen."""
        key = _key(name, address)
        if key in self._own:
            return True
        with suppress(redis.RedisError):
            return bool(self._client.exists(key))
        return False

    def add(self, name: str, address: str) -> None:
        """Remember the pair, for `KEPT_SECONDS` from now."""
        key = _key(name, address)
        with self._lock:
            self._own[key] = None
            self._own.move_to_end(key)
            if len(self._own) > KEPT_IN_MEMORY:
                self._own.popitem(last=False)
        with suppress(redis.RedisError):
            self._client.set(key, 1, ex=KEPT_SECONDS)


def _key(name: str, address: str) -> str:
    return LOGINS_PREFIX + "known:" + hashlib.sha256(f"{name}\0{address}".encode()).hexdigest()[:32]
