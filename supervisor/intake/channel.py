"""Sends intake's messages to keeper: whole lines, from any of its threads.

Runs in intake.
"""

import socket
import threading

from supervisor.shared.json_lines import encode
from supervisor.shared.messages import Message


class Channel:
    """The writing half of the socketpair."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        """Send one message; OSError if keeper is gone, and then intake is about to end as well."""
        with self._lock:
            self._channel.sendall(encode(message))
