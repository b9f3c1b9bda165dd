"""Free ports, by name."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Return a port for each name, free a moment ago on every address, and none of them twice."""
    with ExitStack() as stack:
        ports = {}
        for name in names:
            one = stack.enter_context(socket.socket())
            one.bind(("", 0))
            ports[name] = one.getsockname()[1]
        return ports
