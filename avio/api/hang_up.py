"""Whether the client of a request is still connected. Run by web alone."""

import select
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


def hang_up_of(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Return a function that returns True once the client of the request has closed its connection."""
    sock = environ.get("gunicorn.socket")
    return (lambda: False) if sock is None else partial(_has_hung_up, sock)


def _has_hung_up(sock: socket.socket) -> bool:
    try:
        waiting = select.poll()
        waiting.register(sock, _GONE)
        return bool(waiting.poll(0))
    except (OSError, ValueError):
        return True
