"""The connections that wait for their clients: to send a request, or to read a reply. Pure.

Used by the main loop of web's workers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from avio.api.sockets.connection import Connection

BYTES_MAX = 64 << 20  # that all of them together may hold


class Waiting:
    """At most `of_one` connections of a client, unless `is_exempt`. The one that has waited longest gives way."""

    def __init__(self, of_one: int, is_exempt: Callable[[str], bool]) -> None:
        self._of_one = of_one
        self._is_exempt = is_exempt
        self._by_peer: defaultdict[str, dict[Connection, None]] = defaultdict(dict)  # the longest wait comes first
        self._open: Counter[str] = Counter()  # all connections of a client, also those that wait for nothing

    def __iter__(self) -> Iterator[Connection]:
        """Yield all of them."""
        return (connection for waiting in self._by_peer.values() for connection in waiting)

    def __contains__(self, connection: Connection) -> bool:
        """Return True if `connection` waits."""
        return connection in self._by_peer.get(connection.peer, {})

    def opened(self, connection: Connection) -> None:
        """Count `connection` among those of its client."""
        self._open[connection.peer] += 1

    def closed(self, connection: Connection) -> None:
        """Count it no more."""
        self._open[connection.peer] -= 1
        if not self._open[connection.peer]:
            del self._open[connection.peer]

    def is_over(self, peer: str) -> bool:
        """Return True if a client has more connections than `of_one`, those that are being answered too."""
        return self._open[peer] > self._of_one and self._is_limited(peer)

    def add(self, connection: Connection) -> Connection | None:
        """Add `connection`. Return the one of the same client that must give way to it, if any."""
        waiting = self._by_peer[connection.peer]
        waiting[connection] = None
        if len(waiting) <= self._of_one or not self._is_limited(connection.peer):
            return None
        return next(iter(waiting))

    def moved(self, connection: Connection) -> None:
        """Let `connection` wait anew: its client has taken a part of the reply."""
        waiting = self._by_peer[connection.peer]
        waiting[connection] = waiting.pop(connection)

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
        """Return those whose time is over, and while all hold too many bytes those whose time ends first."""
        over, rest, held = [], [], 0
        for connection in self:
            if connection.deadline <= now:
                over.append(connection)
            elif size := connection.held:
                rest.append((connection.deadline, size, connection))
                held += size
        if held > BYTES_MAX:
            for _, size, connection in sorted(rest, key=lambda each: each[0]):
                if held <= BYTES_MAX:
                    break
                over.append(connection)
                held -= size
        return over

    def _is_limited(self, peer: str) -> bool:
        return bool(peer) and not self._is_exempt(peer)
