"""How intake speaks to keeper: whole lines, from any of its threads.

Runs in intake.
"""

import socket
import threading

from supervisor.messages import Message, encode


class Voice:
    """The writing half of the socketpair."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def say(self, message: Message) -> None:
        """Send one message; OSError when keeper is gone, and intake is about to end anyway."""
        with self._lock:
            self._channel.sendall(encode(message))
