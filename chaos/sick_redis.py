"""A Redis that answers and takes no writes: it is full, a replica of nobody, or lacks the replicas that it must have.

All that it holds stays, and is there when it is well again.
"""

import time
from typing import NamedTuple

import redis

from avio.admin.valkey import MAX_MEMORY

ANSWER_SECONDS = 6.0
RECOVERY_LIMIT = 30.0  # seconds; it may be frozen or down meanwhile
NOWHERE = ("127.0.0.1", "1")  # an address where no primary answers


class Sickness(NamedTuple):
    """A state of the server: the commands that begin and end it."""

    name: str
    begin: tuple[str, ...]
    end: tuple[str, ...]


SICKNESSES = (
    Sickness("full Redis", ("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", MAX_MEMORY)),
    Sickness("read-only Redis", ("REPLICAOF", *NOWHERE), ("REPLICAOF", "NO", "ONE")),
    Sickness(
        "Redis without its replicas",
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
)


def sicken(url: str, sickness: Sickness) -> bool:
    """Begin a sickness. Return False if the server does not answer."""
    try:
        _command(url, *sickness.begin)
    except redis.RedisError:
        return False
    return True


def heal(url: str) -> None:
    """End all sicknesses, as soon as the server answers; raise RedisError if it takes no writes in time."""
    give_up = time.monotonic() + RECOVERY_LIMIT
    while True:
        try:
            for sickness in SICKNESSES:
                _command(url, *sickness.end)
            if takes_writes(url):
                return
        except redis.RedisError:
            if time.monotonic() > give_up:
                raise
        if time.monotonic() > give_up:
            raise redis.RedisError("it takes no writes, although it should be well")
        time.sleep(0.1)


def takes_writes(url: str) -> bool:
    """Tell whether the server stores a key; the key is gone at once."""
    try:
        _command(url, "SET", "chaos", "1", "PX", "1")
    except redis.ResponseError:
        return False
    return True


def _command(url: str, *words: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS) as client:
        client.execute_command(*words)
