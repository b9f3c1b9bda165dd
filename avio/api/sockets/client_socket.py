"""The socket of a client. A write never waits for who does not read: what the client does not take yet is kept.

Used by the threads and the main loop of web's workers, one at a time for each socket.
"""

import errno
import select
import socket
import struct
import time
from contextlib import suppress

STALL_SECONDS = 30.0  # a client may stop reading for so long, and has a second more for each `rate` bytes it takes
AHEAD_BYTES = 64 << 10  # of a streamed reply that the client has not taken; its thread waits before it adds more
KERNEL_BYTES = 128 << 10  # that the kernel keeps for a client; by itself it keeps megabytes

_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class ClientSocket(socket.socket):
    """A connection that `accepted` stands for. `unsent` is what its client has not taken yet, until `deadline`."""

    def __init__(self, accepted: socket.socket, rate: int) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.unsent = bytearray()
        self.deadline = 0.0
        self._rate = rate
        with suppress(OSError):  # a local socket has no such option
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, KERNEL_BYTES)

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override]
        """Send all of `data`, now or later."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        """Send `data`, now or later. Raise OSError if the client is gone, or reads too slowly.

        A reply in one piece waits for nobody. Who streams waits while more than `AHEAD_BYTES` are unsent.
        """
        self.push()
        while self.unsent and (len(self.unsent) > AHEAD_BYTES or self.deadline <= time.monotonic()):
            self._wait()
        if not self.unsent:
            self.deadline = time.monotonic() + STALL_SECONDS
        self.unsent += data
        self.push()

    def push(self) -> bool:
        """Send what the client takes at once. Return True if nothing is left. Raise OSError if it is gone."""
        if not self.unsent:
            return True
        before = self.gettimeout()
        self.settimeout(0)
        try:
            taken = super().send(self.unsent)
        except BlockingIOError:
            return False
        finally:
            self.settimeout(before)
        del self.unsent[:taken]
        self.deadline = min(self.deadline + taken / self._rate, time.monotonic() + STALL_SECONDS)
        return not self.unsent

    def close(self) -> None:
        """Close the connection. The kernel keeps nothing for a client that has not taken all."""
        if self.unsent:
            with suppress(OSError):
                self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        super().close()

    def _wait(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise BrokenPipeError(errno.EPIPE, "the client reads too slowly")
        writable = select.poll()
        writable.register(self, select.POLLOUT)
        writable.poll(left * 1000)
        self.push()
