"""The connections that wait for a request, by client: who has waited longest, whose time is over. Pure.

Used by the main loop of web's workers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from avio.api.sockets.connection import Connection

BYTES_MAX = 64 << 20  # that all of them together may hold


class Waiting:
    """At most `of_one` connections of a client, unless `is_exempt`. The one that has waited longest gives way."""

    def __init__(self, of_one: int, is_exempt: Callable[[str], bool]) -> None:
        self._of_one = of_one
        self._is_exempt = is_exempt
        self._by_peer: defaultdict[str, dict[Connection, None]] = defaultdict(dict)  # the longest wait comes first

    def __iter__(self) -> Iterator[Connection]:
        """Yield all of them."""
        return (connection for waiting in self._by_peer.values() for connection in waiting)

    def __contains__(self, connection: Connection) -> bool:
        """Return True if `connection` waits."""
        return connection in self._by_peer.get(connection.peer, {})

    def add(self, connection: Connection) -> Connection | None:
        """Add `connection`. Return the one of the same client that must give way to it, if any."""
        waiting = self._by_peer[connection.peer]
        waiting[connection] = None
        if len(waiting) <= self._of_one or not connection.peer or self._is_exempt(connection.peer):
            return None
        return next(iter(waiting))

    def remove(self, connection: Connection) -> None:
        """Forget `connection`."""
        waiting = self._by_peer[connection.peer]
        waiting.pop(connection, None)
        if not waiting:
            del self._by_peer[connection.peer]

    def longest(self) -> Connection | None:
        """Return the longest waiting connection of the client that has most of them."""
        most = max(self._by_peer.values(), key=len, default=None)
        return next(iter(most)) if most else None

    def expired(self, now: float) -> list[Connection]:
        """Return those whose time is over, and the largest ones while all hold too many bytes."""
        over, rest, held = [], [], 0
        for connection in self:
            assert connection.incoming is not None
            if connection.incoming.deadline <= now:
                over.append(connection)
            else:
                rest.append((len(connection.incoming.data), connection))
                held += len(connection.incoming.data)
        if held > BYTES_MAX:
            for size, connection in sorted(rest, key=lambda each: -each[0]):
                if held <= BYTES_MAX:
                    break
                over.append(connection)
                held -= size
        return over
