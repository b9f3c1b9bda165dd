"""I12: the secrets of this world, and the places where none of them may turn up.

The passwords of database and Redis are canaries; the user's password and token are looked for, too.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis

from chaos.world import CANARY, World
from tests.e2e.terminal import Terminal

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"

Found = tuple[int, list[str]]

_READERS: dict[str, Callable[["redis.Redis", bytes], Any]] = {
    "string": lambda client, key: client.get(key),
    "list": lambda client, key: client.lrange(key, 0, -1),
    "set": lambda client, key: client.smembers(key),
    "zset": lambda client, key: client.zrange(key, 0, -1),
    "hash": lambda client, key: client.hgetall(key),
    "stream": lambda client, key: client.xrange(key),
}


class Canaries:
    """What is looked for, by its name; command lines are collected while things go on."""

    def __init__(self, world: World, user: Terminal) -> None:
        self._world = world
        self._secrets = {"a server's password": CANARY, "the user's password": user.password, "a token": user.token}
        self._command_lines: set[str] = set()

    def watch(self) -> None:
        """Remember the command lines of all processes of this moment."""
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self._command_lines.add(file.read_text(errors="replace"))
            except OSError:  # it has ended
                continue

    def found(self) -> Found:
        """Return how many lines, rows and keys were looked at, and the places that hold a secret."""
        looked, wrong = 0, []
        for place, text in self._places():
            looked += 1
            wrong += [f"{name} is in {place}" for name, secret in self._secrets.items() if secret in text]
        return looked, wrong

    def _places(self) -> Iterator[tuple[str, str]]:
        for line in self._command_lines:
            yield f"the command line of {line[:40]!r}", line
        for root in (self._world.cluster.logs, self._world.cluster.spool):
            for file in filter(Path.is_file, root.rglob("*")):
                with open(file, errors="replace") as lines:
                    yield from ((str(file), line) for line in lines)
        for (table,) in self._world.ask(TABLES):
            for (row,) in self._world.ask(f"SELECT row::text FROM {table} row"):
                yield f"the table {table}", row
        with redis.Redis.from_url(self._world.redis.url) as client:
            for key in client.scan_iter():
                reader = _READERS[client.type(key).decode()]
                yield f"the key {key!r} of Redis", repr((key, reader(client, key)))
