"""A program on a pseudo-terminal of any size, and the screen that a person sees. pyte is the terminal."""

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyte

LIMIT_SECONDS = 30.0


class Screen:
    """What the program has drawn, and a keyboard."""

    def __init__(self, controller: int, process: subprocess.Popen[bytes], columns: int, lines: int) -> None:
        self._controller = controller
        self.process = process
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        """The lines of the window, without blanks at their ends and without empty ones below."""
        shown = [_text(self._screen.buffer[row], self._screen.columns) for row in range(self._screen.lines)]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def scrolled(self) -> int:
        """How many lines have left the window at its top."""
        return len(self._screen.history.top)

    def colours(self, row: int) -> set[str]:
        """The colours of the characters of a line."""
        return {self._screen.buffer[row][column].fg for column in range(self._screen.columns)}

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._controller, text.encode())

    def resize(self, columns: int, lines: int = 24) -> None:
        """Give the window another size."""
        self._screen.resize(lines, columns)
        termios.tcsetwinsize(self._controller, (lines, columns))

    def wait(self, seen: Callable[[], object]) -> None:
        """Read until `seen` is true."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not seen():
            assert time.monotonic() < deadline, "\n".join(self.lines)
            assert self._read(), "\n".join(["it has ended:", *self.lines])

    def finish(self) -> int:
        """Read until the program has ended; return its exit code."""
        while self._read():
            pass
        return self.process.wait(LIMIT_SECONDS)

    def _read(self) -> bool:
        if not select.select([self._controller], [], [], 1.0)[0]:
            return True
        try:
            piece = os.read(self._controller, 65536)
        except OSError:  # the program has ended
            return False
        self._stream.feed(piece)
        return bool(piece)


def _text(row: Mapping[int, pyte.screens.Char], columns: int) -> str:
    return "".join(row[column].data for column in range(columns)).rstrip()


@contextmanager
def on_a_screen(
    line: Sequence[str | os.PathLike[str]], *, columns: int = 80, lines: int = 24, **environ: str
) -> Iterator[Screen]:
    """Run a program on a terminal of its own, and end it with the block."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (lines, columns))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    env = kept | {"TERM": "xterm", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"} | environ
    command = ["setsid", "--ctty", "--wait", *line]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    try:
        yield Screen(ours, process, columns, lines)
    finally:
        os.close(ours)  # the program gets a hang-up
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
