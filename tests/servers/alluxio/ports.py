"""Free ports, by name, out of reach of what the system gives to connections: a daemon takes seconds to bind its own."""

import random
import socket
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

LOWEST = 10_000


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Return a port for each name, free a moment ago on every address, and none of them twice."""
    below = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    with ExitStack() as stack:
        ports = {}
        for name in names:
            while name not in ports:
                one = stack.enter_context(socket.socket())
                with suppress(OSError):
                    one.bind(("", random.randrange(LOWEST, below)))
                    ports[name] = one.getsockname()[1]
        return ports
