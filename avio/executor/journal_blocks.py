"""The blocks of a journal: lines of JSON, and a mark with their checksum. A block counts as a whole or not at all.

Runs in the job process; pure.
"""

import zlib
from typing import IO, Any, NamedTuple

from avio.executor.path_lines import dumped, loaded

BLOCK_LINES = 256  # then a block ends
MAX_BLOCK_LINES = 4 * BLOCK_LINES
MAX_LINE_BYTES = 1 << 20

_MARK = "="
_MARK_START = b'["=",'


class Mark(NamedTuple):
    """What the end of a block says: how far the listing is, as `Place`, and what it has met up to there.

    `excluded` files did not pass the filter. `ended`: all is listed; `reached` is the limit that ended it, or "".
    """

    named: int = 0
    after: str | None = None
    excluded: int = 0
    ended: bool = False
    reached: str = ""


def whole_block(lines: list[bytes], mark: Mark) -> bytes:
    """Return the bytes of a block."""
    data = b"".join(lines)
    return data + dumped([_MARK, _checksum(mark, zlib.crc32(data)), *mark])


def read_block(file: IO[bytes]) -> tuple[list[Any], Mark] | None:
    """Return the next block. None if there is none, or if it is not as it was written."""
    lines: list[bytes] = []
    checksum = 0
    while len(lines) < MAX_BLOCK_LINES:
        line = file.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            return None
        if line.startswith(_MARK_START):
            mark = _mark(_loaded(line), checksum)
            return None if mark is None else ([_loaded(each) for each in lines], mark)
        checksum = zlib.crc32(line, checksum)
        lines.append(line)
    return None


def read_line(file: IO[bytes]) -> Any:
    """Return the next line, None if it is not JSON."""
    return _loaded(file.readline(MAX_LINE_BYTES))


def _mark(line: Any, checksum: int) -> Mark | None:
    """Return the mark of a block whose lines have this checksum, None if the line is not that."""
    match line:
        case [str(), int(said), int(named), str() | None as after, int(excluded), bool(ended), str(reached)]:
            mark = Mark(named, after, excluded, ended, reached)
            return mark if said == _checksum(mark, checksum) else None
        case _:
            return None


def _checksum(mark: Mark, of_lines: int) -> int:
    return zlib.crc32(dumped(list(mark)), of_lines)


def _loaded(text: bytes) -> Any:
    try:
        return loaded(text)
    except ValueError:
        return None
