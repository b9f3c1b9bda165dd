"""What a live display leaves on a terminal: each frame in place of the last one, whatever its width and size."""

import fcntl
import io
import os
import pty
import re
import struct
import termios
import threading
from collections.abc import Iterator
from unicodedata import east_asian_width

import pytest

from avio.terminal import live
from avio.terminal.live import BOLD, RED, Line, Live

ERASE = re.compile(r"\r\x1b\[(\d+)A\x1b\[J")
STYLE = re.compile(r"\x1b\[[\d;]*m")
LONG = "/data/" + "训练集x" * 60


class Terminal:
    """A pseudo-terminal, and what a person sees on it: lines that wrap at the edge, and again after a resize."""

    def __init__(self) -> None:
        self._controller, self._end = pty.openpty()
        self.stream = open(self._end, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        self.lines: list[str] = []

    def resize(self, columns: int, height: int = 24) -> None:
        self._columns = columns
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))

    def show(self) -> str:
        """Show all that was written since the last time, and return it."""
        self.stream.write("\0")
        self.stream.flush()
        written = b""
        while not written.endswith(b"\0"):
            written += os.read(self._controller, 65536)
        text = written[:-1].decode().replace("\r\n", "\n")
        for above, plain in zip([None, *ERASE.findall(text)], ERASE.split(text)[::2], strict=True):
            self._erase(int(above or 0))
            self.lines += STYLE.sub("", plain).splitlines()
        return text

    def close(self) -> None:
        self.stream.close()
        os.close(self._controller)
        os.close(self._end)

    def rows(self, text: str) -> int:
        """Put the characters of a line into rows, one by one."""
        found = [0]
        for width in (2 if east_asian_width(character) in "WF" else 1 for character in text):
            if found[-1] + width > self._columns:
                found.append(0)
            found[-1] += width
        return len(found)

    def _erase(self, above: int) -> None:
        while above > 0:
            above -= self.rows(self.lines.pop())
        assert above == 0, "it erases a part of a line"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    opened = Terminal()
    opened.resize(80)
    yield opened
    opened.close()


@pytest.mark.parametrize("columns", [60, 80, 81, 100, 250])
@pytest.mark.parametrize("then", [60, 77, 250])
def test_a_frame_takes_the_place_of_the_last_one(terminal: Terminal, columns: int, then: int) -> None:
    frame: list[str] = []
    display = Live(terminal.stream, lambda _: [Line(text) for text in frame])
    terminal.stream.write("before\n")
    terminal.resize(columns)

    for frame in ([LONG, "1"], [LONG * 2, "2", "more"], [], ["3", LONG]):
        display.draw()
        terminal.show()
        assert terminal.lines == ["before", *frame]
    terminal.resize(then)
    frame = ["end", LONG]
    display.stop()
    terminal.show()

    assert terminal.lines == ["before", *frame]


def test_it_draws_by_itself_until_it_is_stopped(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REDRAW_SECONDS", 0.001)
    drawn = threading.Semaphore(0)

    def lines(_: int | None) -> list[Line]:
        drawn.release()
        return [Line("frame")]

    display = Live(terminal.stream, lines)

    display.start()
    for _ in range(3):
        assert drawn.acquire(timeout=60)
    display.stop()
    terminal.show()

    assert terminal.lines == ["frame"]


def test_a_low_window_shows_the_first_lines_and_at_the_end_all(terminal: Terminal) -> None:
    lines = [str(number) for number in range(9)]
    display = Live(terminal.stream, lambda _: [Line(text) for text in lines])
    terminal.resize(80, height=4)

    display.draw()
    terminal.show()
    assert terminal.lines == ["0", "1", "2"]
    display.stop()
    terminal.show()
    assert terminal.lines == lines


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("TERM", "xterm", "\x1b[1mhead\x1b[0m\n\x1b[31m! bad\x1b[0m\nplain\n"),
        ("TERM", "dumb", "head\n! bad\nplain\n"),
        ("NO_COLOR", "1", "head\n! bad\nplain\n"),
    ],
)
def test_styles_are_for_terminals_that_want_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, shown: str
) -> None:
    monkeypatch.setenv(name, value)

    Live(terminal.stream, lambda _: [Line("head", BOLD), Line("! bad", RED), Line("plain")]).stop()

    assert terminal.show() == shown


def test_elsewhere_only_the_last_frame_is_written() -> None:
    frame = ["1"]
    display = Live(stream := io.StringIO(), lambda _: [Line(text, RED) for text in frame])

    display.start()
    frame = ["2", LONG]
    display.stop()

    assert stream.getvalue() == f"2\n{LONG}\n"


def test_what_an_encoding_lacks_is_counted_as_it_is_written(terminal: Terminal) -> None:
    stream = io.TextIOWrapper(terminal.stream.buffer, encoding="ascii", errors="backslashreplace")
    display = Live(stream, lambda _: [Line(LONG)])

    display.draw()
    display.stop()
    terminal.show()

    assert terminal.lines == [LONG.encode("ascii", "backslashreplace").decode()]
    stream.detach()
