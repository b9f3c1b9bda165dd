"""Standard streams that may be closed, full, a broken pipe, or of an encoding without most characters.

Output that is lost ends a command with a message and its exit code. Lost messages on standard error end nothing.
"""

import codecs
import errno
import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from avio.undecoded import readable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FAILED = 1
INTERRUPTED = 130  # what a shell says of a program that SIGINT ended
READER_LEFT = 141  # what a shell says of a program that SIGPIPE ended

ESCAPED = "avio-escaped"
_PLAIN = {"≥": ">=", "·": "-", "…": "...", "━": "=", "─": "-"}


class OutputLost(Exception):
    """Standard output takes no more. `cause` is the error of the system."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror)
        self.cause = cause


class _Raw(io.FileIO):
    """Writes to a descriptor. After an error it drops everything."""

    lost: OSError | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, and wait while a non-blocking descriptor takes nothing."""
        if self.lost is not None:
            return len(memoryview(data))
        try:
            while (written := super().write(data)) is None:
                select.select([], [self], [])
        except OSError as error:
            self.lost = error
            self.on_loss(error)
            return len(memoryview(data))
        return written

    def on_loss(self, error: OSError) -> None:
        """Nothing here: messages that nobody can read stop no work."""


class _Output(_Raw):
    """Standard output."""

    def on_loss(self, error: OSError) -> None:
        """Raise OutputLost, but not in a thread that draws: the command finds it at its end."""
        if threading.current_thread() is threading.main_thread():
            raise OutputLost(error)


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Open the streams for a command, write the rest at its end, and exit if standard output did not take it.

    Streams that somebody has replaced, as tests do, are left as they are.
    """
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        yield
        return
    codecs.register_error(ESCAPED, _escaped)
    raw, messages = _reopen()
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # type: ignore[union-attr]
            if raw.lost is not None:
                raise OutputLost(raw.lost)
    except OutputLost as error:
        if error.cause.errno == errno.EPIPE:
            sys.exit(READER_LEFT)
        messages.write(f"error:   cannot write to standard output: {error}\n")
        messages.write("try:     make room, or send the output elsewhere; what was done stays done\n")
        sys.exit(FAILED)


def _reopen() -> tuple[_Output, TextIO]:
    """Replace the streams; return what standard output writes to, and standard error."""
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:
            _take(number)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    raw = _Output(1, "w", closefd=False)
    sys.stdout = _text(raw, sys.stdout, by_line=raw.isatty())
    sys.stderr = messages = _text(_Raw(2, "w", closefd=False), sys.stderr, by_line=True)
    return raw, messages


def _take(number: int) -> None:
    """Open the null device as a closed descriptor, so that no file or connection gets it; a write to it fails still."""
    opened = os.open(os.devnull, os.O_RDONLY)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)


def _text(raw: _Raw, before: TextIO | None, *, by_line: bool) -> TextIO:
    encoding = before.encoding if before is not None else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=ESCAPED, line_buffering=by_line)


def _escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write what the encoding lacks as an escape, or as a sign that means the same."""
    if isinstance(error, UnicodeEncodeError) and (plain := _PLAIN.get(error.object[error.start])) is not None:
        return plain, error.start + 1
    if isinstance(error, UnicodeEncodeError) and 0xDC80 <= ord(error.object[error.start]) <= 0xDCFF:
        return readable(error.object[error.start]), error.start + 1  # a byte that is not UTF-8
    return codecs.backslashreplace_errors(error)
