"""Free ports, out of reach of what the system gives to connections: a server takes seconds until it has bound its own.

Knows nothing of avio.
"""

import random
import socket
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, cycle
from pathlib import Path

LOWEST = 10_000
ENOUGH = 10_000  # ports, also where connections get nearly all of them, so that no place is out of reach

_below = max(LOWEST + ENOUGH, int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]))
_first = random.randrange(LOWEST, _below)
# One after the other, from a place of its own: a run of tests beside this one hardly comes by while a server starts.
_candidates = cycle(chain(range(_first, _below), range(LOWEST, _first)))


def free_port() -> int:
    """Return a port that was free a moment ago on every address, and does not come again soon."""
    while True:
        port = next(_candidates)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("", port))
            return port


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Return a free port for each name."""
    return {name: free_port() for name in names}
