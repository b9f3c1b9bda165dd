"""The chunked body of a request while it arrives: where it ends. Pure. Run by web's main loop, for `incoming`.

Only sizes and ends of lines are read here. Gunicorn's parser judges the rest, and takes no more bytes than this.
"""

import re

FRAMING_BYTES = 16 << 10  # sizes of chunks, their extensions, trailers and ends of lines, all together

# A chunk has a size, and maybe extensions. More digits than these are more than any body may have.
_SIZE = re.compile(rb"0*([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?", re.DOTALL)
_END = b"\r\n"


class ChunkError(Exception):
    """The body can't be taken. The message says why."""


class Chunks:
    """A chunked body that begins at byte `begin` of a request."""

    def __init__(self, begin: int) -> None:
        self._next = begin  # where the next line begins: that may be still to come
        self._searched = begin  # no end of that line before here
        self._announced = 0  # bytes of data in all chunks so far
        self._framing = 0
        self._has_last = False

    def arrived(self, data: bytearray) -> int:
        """Return how many bytes of the body itself are in the request `data`, as `ends` has last seen it."""
        return self._announced - max(0, self._next - len(_END) - len(data)) if self._announced else 0

    def ends(self, data: bytearray) -> bool:
        """Return True if the body ends in the request `data`, of which each call has more. Raise ChunkError.

        A byte is looked at once, whatever the number of calls.
        """
        while (line := self._line(data)) is not None:
            if not self._has_last:
                self._begin_chunk(line)
            elif not line:
                return True
        return False

    def _line(self, data: bytearray) -> bytes | None:
        """Return the next line without its end, or None if it is not complete."""
        end = data.find(_END, self._searched) if self._searched < len(data) else -1
        until = len(data) if end < 0 else end + len(_END)
        if self._framing + until - self._next > FRAMING_BYTES:
            raise ChunkError(
                f"the chunks have more than {FRAMING_BYTES} bytes beside the body itself; send fewer and larger ones"
            )
        if end < 0:
            self._searched = max(self._searched, len(data) - 1)
            return None
        line = bytes(data[self._next : end])
        self._framing += until - self._next
        self._next = self._searched = until
        return line

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise ChunkError("a chunk of the body has no valid size")
        size = int(found[1], 16)
        self._has_last = size == 0
        if size:
            self._announced += size
            self._framing += len(_END)
            self._next += size + len(_END)
            self._searched = self._next
