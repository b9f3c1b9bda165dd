"""Checks an uploaded file list while it streams in. Takes text, yields canonical paths, one on each line."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator

from avio.errors import BadRequest, FieldError, TooLarge
from avio.wire.paths import MAX_PATH_BYTES, PathError, canonical

CHUNK_BYTES = 256 << 10
NAMED_LINES = 5
QUOTED_CHARACTERS = 80


class Lines:
    """One upload. `clean` checks it; then `count` and `size` have its lines and bytes."""

    def __init__(self, *, lines_max: int, bytes_max: int) -> None:
        self.count = 0
        self.size = 0
        self._lines_max = lines_max
        self._bytes_max = bytes_max
        self._wrong = 0
        self._bad: list[FieldError] = []  # the first ones

    def clean(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield chunks of at most `CHUNK_BYTES`. Each has whole lines.

        Raises TooLarge as soon as a limit is passed. At the end raises BadRequest with the first invalid lines, or if
        the list is empty. Skips blank lines, and a byte order mark at the very beginning.
        """
        chunk = bytearray()
        for number, line in enumerate(self._split(_without_mark(pieces)), 1):
            path = self._check(number, line)
            if path is None:
                continue
            if len(chunk) + len(path) > CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
            chunk += path
        if self._bad:
            message = f"{self._wrong} line{'' if self._wrong == 1 else 's'} of the file list can't be used"
            raise BadRequest(message, self._bad, cure="correct these lines and upload the list again")
        if not self.count:
            raise BadRequest("the file list is empty", cure="send text/plain, one path on each line")
        yield bytes(chunk)

    def _split(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield lines without line ends. Of a line that is too long yield the beginning: enough to refuse it."""
        received, rest, overlong = 0, b"", False
        for piece in pieces:
            received += len(piece)
            if received > self._bytes_max:
                raise TooLarge(f"the file list has more than {self._bytes_max} bytes", cure="split the list")
            *whole, last = piece.split(b"\n")
            for line in whole:
                if not overlong:
                    yield rest + line
                rest, overlong = b"", False
            rest = b"" if overlong else rest + last
            if len(rest) > MAX_PATH_BYTES + 1:
                yield rest[: MAX_PATH_BYTES + 2]
                rest, overlong = b"", True
        if rest:
            yield rest

    def _check(self, number: int, line: bytes) -> bytes | None:
        if not line.strip():
            return None
        try:
            path = canonical(line.removesuffix(b"\r").decode()).encode() + b"\n"
        except UnicodeDecodeError:
            self._refuse(number, "is not UTF-8; save the list as UTF-8")
        except PathError as error:
            self._refuse(number, f"{_quoted(line)} {error}")
        else:
            self.count += 1
            self.size += len(path)
            if self.count > self._lines_max:
                raise TooLarge(f"the file list has more than {self._lines_max} lines", cure="split the list")
            return path
        return None

    def _refuse(self, number: int, why: str) -> None:
        self._wrong += 1
        if len(self._bad) < NAMED_LINES:
            self._bad.append(FieldError(f"line {number}", why))


def _quoted(line: bytes) -> str:
    text = line.removesuffix(b"\r").decode()
    return repr(text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "...")


def _without_mark(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `pieces` without the byte order mark that some editors write before the first line of UTF-8."""
    rest = iter(pieces)
    begin = b""
    for piece in rest:
        begin += piece
        if len(begin) >= len(BOM_UTF8):
            break
    yield begin.removeprefix(BOM_UTF8)
    yield from rest
