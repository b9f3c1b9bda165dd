"""The bytes of one GET on their way into a file: paid for, written and counted a piece at a time, not chunk by chunk.

Used in the job process and in its movers. libcurl hands over 16 KiB at most: every step for each of them adds up.
"""

import os
import time
from collections.abc import Callable, Sequence

from avio.engines.cancel import Stopped
from avio.engines.pay import wait_for_turn
from avio.engines.run import Run
from avio.errors import Corrupt, EngineAway

PIECE_BYTES = 1 << 20
PIECE_SECONDS = 0.1  # after which bytes are written, however few they are
MOST_CHUNKS = 512  # of one piece; the system takes 1,024 at a time


class Pieces:
    """What comes for the bytes of the object `name` from `place` up to `end`, into the same bytes of the file `target`.

    The chunks are kept as they are, so that they must not change. A wait ends when `stopping()` is true. `see` is
    called with the chunks of each piece after it was written, in order.
    """

    def __init__(
        self,
        name: str,
        target: int,
        place: int,
        end: int,
        run: Run,
        stopping: Callable[[], bool],
        see: Callable[[Sequence[memoryview | bytes]], None],
    ) -> None:
        self.place = place
        self.end = end
        self._name = name
        self._target = target
        self._run = run
        self.stopping = stopping
        self._see = see
        self._chunks: list[memoryview | bytes] = []
        self._size = 0
        self._begin_piece()

    def fill(self, get: Callable[[], object], size: int) -> None:
        """Call `get`, which takes bytes from `place` on, until all up to `end` are there, of the `size` of the object.

        A GET that ends early is followed by another if it brought any bytes. Raises the EngineAway of one that brought
        none, and Corrupt if one ended well without any.
        """
        while True:
            before = self.place
            try:
                get()
            except EngineAway:
                self.write()
                if self.place == before:
                    raise
            else:
                self.write()
                if self.place == before < self.end:
                    raise Corrupt(f"{self._name}: received {before} of {size} bytes")
            if self.place == self.end:
                return

    def take(self, chunk: memoryview | bytes) -> None:
        """Take the next bytes. Raises Corrupt if they are too many, and what `write` raises."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size >= self._enough or len(self._chunks) == MOST_CHUNKS or time.monotonic() >= self._due:
            if self.place + self._size > self.end:
                raise Corrupt(f"{self._name}: received more than the {self.end} bytes that it should have up to here")
            self.write()

    def receive(self, size: int, next_bytes: Callable[[int], memoryview]) -> None:
        """Take and write `size` bytes. `next_bytes` returns some of them, at most as many as it is asked for.

        It may use their memory again for the next ones. Raises what it raises, and what `write` raises.
        """
        while size:
            chunk = next_bytes(min(size, self._enough))
            self._chunks, self._size = [chunk], len(chunk)
            self.write()
            size -= len(chunk)

    def write(self) -> None:
        """Write what was taken. Raises Stopped, OSError."""
        if self._chunks:
            if self.stopping() or not wait_for_turn(self._run, self._size, self.stopping):
                raise Stopped
            self._write_all()
            self._run.moved(self._size)
            self._see(self._chunks)
            self.place += self._size
            self._chunks, self._size = [], 0
        self._begin_piece()

    def _begin_piece(self) -> None:
        """Decide when the next piece is to be written, or is too large: once, not for each chunk."""
        self._enough = min(self._run.bandwidth.piece(PIECE_BYTES), self.end - self.place + 1)
        self._due = time.monotonic() + PIECE_SECONDS

    def _write_all(self) -> None:
        done = os.pwritev(self._target, self._chunks, self.place)
        if done < self._size:
            rest = memoryview(b"".join(self._chunks))
            while done < self._size:
                done += os.pwrite(self._target, rest[done:], self.place + done)
