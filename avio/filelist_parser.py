"""Checks a file list while it streams in. Yields canonical paths, each with the separator of the list.

Used by web and the job process. A list of lines is UTF-8, and its paths have no control characters. A list whose paths
end with NUL has any names.
"""

import json
import re
from base64 import b64decode
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from itertools import chain

from avio.errors import BadRequest, FieldError, TooLarge
from avio.undecoded import quoted
from avio.wire.paths import MAX_PATH_BYTES, PathError, canonical, shown_path

CHUNK_BYTES = 256 << 10
NAMED_LINES = 5
QUOTED_CHARACTERS = 80


LINE, NUL = b"\n", b"\0"

MAX_VERSION_CHARACTERS = 1024
VERSIONED_LINE_BYTES = 64 << 10  # a path in base64, one with an escape for each byte, and a version

BEGIN_BYTES = 4  # that show the encoding
_LONE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
# Of a list with NULs the second path would be one that is not absolute.
_UTF16 = re.compile(rb"[/a]\0[^/\0]\0|\0[/a]\0[^/\0a]")


class Lines:
    """One list. `clean` checks it; then `count` and `size` have its lines and bytes.

    A line ends with `separator`, LINE or NUL. A list of the `bucket` has the one that its last byte shows.
    """

    def __init__(self, *, lines_max: int, bytes_max: int, separator: bytes = LINE, bucket: bool = False) -> None:
        self._separator = separator
        self._end_alike = "end the last one with a NUL, too" if bucket else "use separator=nul"
        self._with_nuls = "end each path with a NUL" if bucket else "end each path with a NUL and use separator=nul"
        self.count = 0
        self.size = 0
        self._line_bytes = MAX_PATH_BYTES
        self._lines_max = lines_max
        self._bytes_max = bytes_max
        self._wrong = 0
        self._ends, self._breaks = 0, False  # separators, and whether a NUL-less list has line breaks
        self._bad: list[FieldError] = []  # the first ones

    def clean(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield chunks of at most `CHUNK_BYTES`. Each has whole lines.

        Raises TooLarge as soon as a limit is passed, BadRequest for a list in UTF-16. At the end raises BadRequest with
        the first invalid lines, or if the list is empty. Skips blank lines, and a byte order mark at the beginning.
        """
        chunk = bytearray()
        begin, rest = _begun(pieces)
        if _is_utf16(begin):
            raise BadRequest("the file list is in UTF-16", cure="save it as UTF-8")
        text = chain([begin.removeprefix(BOM_UTF8) if self._separator == LINE else begin], rest)
        for number, line in enumerate(self._split(text), 1):
            path = self._check(number, line)
            if path is None:
                continue
            if len(chunk) + len(path) > CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
            chunk += path
        if self._breaks and not self._ends:
            raise BadRequest(
                "the file list does not fit its separator",
                [FieldError("separator", "is nul, but no path ends with NUL, and there are line breaks")],
                cure="leave separator=nul out if each line is a path; else end each path with a NUL",
            )
        if self._bad:
            message = f"{self._wrong} line{'' if self._wrong == 1 else 's'} of the file list can't be used"
            raise BadRequest(message, self._bad, cure="correct these lines and upload the list again")
        if not self.count:
            cure = "write one path on each line" if self._separator == LINE else "write paths, and a NUL behind each"
            raise BadRequest("the file list is empty", cure=cure)
        yield bytes(chunk)

    def _split(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield lines without line ends. Of a line that is too long yield the beginning: enough to refuse it."""
        received, rest, overlong = 0, b"", False
        for piece in pieces:
            received += len(piece)
            if received > self._bytes_max:
                raise TooLarge(f"the file list has more than {self._bytes_max} bytes", cure="split the list")
            *whole, last = piece.split(self._separator)
            self._ends += len(whole)
            self._breaks |= self._separator == NUL and not self._ends and LINE in last
            for line in whole:
                if not overlong:
                    yield rest + line
                rest, overlong = b"", False
            rest = b"" if overlong else rest + last
            if len(rest) > self._line_bytes + 1:
                yield rest[: self._line_bytes + 2]
                rest, overlong = b"", True
        if rest:
            yield rest

    def _check(self, number: int, line: bytes) -> bytes | None:
        if not line if self._separator == NUL else not line.strip():
            return None
        if self._separator == LINE and (why := self._unlike_a_line(line.removesuffix(b"\r"))):
            self._refuse(number, f"{_quoted(line)} {why}")
            return None
        try:
            path = self._canonical(line) + self._separator
        except UnicodeDecodeError:
            self._refuse(
                number, f"{_quoted(line)} is not UTF-8; save the list as UTF-8 or, if names are not, {self._with_nuls}"
            )
        except PathError as error:
            self._refuse(number, f"{_quoted(line)} {error}")
        else:
            return self._counted(path)
        return None

    def _counted(self, line: bytes) -> bytes:
        self.count += 1
        self.size += len(line)
        if self.count > self._lines_max:
            raise TooLarge(f"the file list has more than {self._lines_max} lines", cure="split the list")
        return line

    def _unlike_a_line(self, line: bytes) -> str:
        """Return what a line has that only a list with NULs may have, and what to do; "" if it has nothing."""
        if NUL in line:
            return f"has a NUL; if one ends each path, {self._end_alike}"
        if b"\r" in line:
            ends = "if one ends each path, save the list with LF as the end of lines"
            return f"has a carriage return (CR); {ends}; if names have it, {self._with_nuls}"
        if _CONTROL.search(line):
            return f"has a control character (tab ...); remove it or, if the name has it, {self._with_nuls}"
        return ""

    def _canonical(self, line: bytes) -> bytes:
        if self._separator == NUL:
            return canonical(line.decode("utf-8", "surrogateescape"), any_name=True).encode("utf-8", "surrogateescape")
        return canonical(line.removesuffix(b"\r").decode()).encode()

    def _refuse(self, number: int, why: str) -> None:
        self._wrong += 1
        if len(self._bad) < NAMED_LINES:
            self._bad.append(FieldError(f"{'line' if self._separator == LINE else 'path'} {number}", why))


class VersionedLines(Lines):
    """A list of files with their versions. A line is a JSON object with `path`, `version` and perhaps `pathBytes`.

    `clean` makes an array of the canonical path and the version of each line, which no path looks like.
    """

    def __init__(self, *, lines_max: int, bytes_max: int) -> None:
        super().__init__(lines_max=lines_max, bytes_max=bytes_max)
        self._line_bytes = VERSIONED_LINE_BYTES

    def _check(self, number: int, line: bytes) -> bytes | None:
        if not line.strip():
            return None
        try:
            named, version = _versioned(line)
        except ValueError as error:
            self._refuse(number, f"{error}: {_quoted(line)}")
            return None
        return self._counted(json.dumps([named, version], separators=(",", ":")).encode() + LINE)


def _versioned(line: bytes) -> tuple[str, str]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        given = None
    return path_and_version(given)


def path_and_version(given: object) -> tuple[str, str]:
    """Return the canonical path and the version of a parsed line. Raises ValueError with what is wrong."""
    if not isinstance(given, dict) or not {"path", "version"} <= given.keys() <= {"path", "version", "pathBytes"}:
        raise ValueError("is not a JSON object with path and version")
    path, version, encoded = given["path"], given["version"], given.get("pathBytes")
    if not (isinstance(path, str) and isinstance(version, str) and 0 < len(version) <= MAX_VERSION_CHARACTERS):
        raise ValueError(f"must have a path and a version of 1 to {MAX_VERSION_CHARACTERS} characters")
    if _LONE.search(path + version):
        raise ValueError("has a lone surrogate; give the bytes of the path in base64, as pathBytes")
    if encoded is not None:
        try:
            exact = b64decode(encoded, validate=True).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            raise ValueError("has pathBytes that are not base64") from None
        if shown_path(exact) != path:
            raise ValueError("has pathBytes of another path; correct them or, if the path is UTF-8, remove them")
        path = exact
    return canonical(path, any_name=True), version


def _quoted(line: bytes) -> str:
    text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
    return quoted(text if len(text) <= QUOTED_CHARACTERS else text[:QUOTED_CHARACTERS] + "...")


def _begun(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the beginning of `pieces`, of at least BEGIN_BYTES if there are so many, and the rest."""
    rest = iter(pieces)
    begin = b""
    for piece in rest:
        begin += piece
        if len(begin) >= BEGIN_BYTES:
            break
    return begin, rest


def _is_utf16(begin: bytes) -> bool:
    """Return True if a list begins as UTF-16 does: with a mark that no path begins with, or with two characters."""
    return begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or _UTF16.match(begin) is not None
