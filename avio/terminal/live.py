"""Lines that a terminal shows in place, drawn anew twice a second. Elsewhere only the last ones are written."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from avio.terminal.widths import rows

REDRAW_SECONDS = 0.5
BOLD = "1"
RED = "31"
GREY = "90"

_SIZE = (80, 24)  # of a terminal that does not tell its own
_BLIND = ("dumb", "unknown")  # values of TERM: the cursor can't be moved up


@dataclass(frozen=True, slots=True)
class Line:
    """A text without control characters; `style` is BOLD, RED, GREY or nothing."""

    text: str
    style: str = ""


class Live:
    """Draws what `lines` returns: `start`, then as often as it likes, then the last time at `stop`.

    `lines` gets the columns of the window; None for the last lines, which stay: nothing of them is left out. The
    terminal wraps long lines. They are counted at its present width, so that a window may be resized.
    """

    def __init__(self, stream: TextIO, lines: Callable[[int | None], Sequence[Line]]) -> None:
        self._stream = stream
        self._lines = lines
        self._in_place = stream.isatty() and os.environ.get("TERM") not in _BLIND
        self._coloured = self._in_place and not os.environ.get("NO_COLOR")
        self._drawn: list[str] = []  # what stands above the cursor
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)

    def start(self) -> None:
        """Begin to draw, if the lines can be drawn in place."""
        if self._in_place:
            self._thread.start()

    def draw(self) -> None:
        """Draw the first lines, as many as the window has room for."""
        self._put([*self._fitting()])

    def stop(self) -> None:
        """Draw all lines for the last time."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._put(self._lines(None))

    def _redraw(self) -> None:
        while not self._stopped.is_set():
            self.draw()
            self._stopped.wait(REDRAW_SECONDS)

    def _fitting(self) -> Iterator[Line]:
        """Yield the first lines. What does not fit above the cursor could not be erased."""
        columns, room = self._size()
        for line in self._lines(columns):
            room -= rows(self._shown(line.text), columns)
            if room < 1:
                return
            yield line

    def _put(self, lines: Sequence[Line]) -> None:
        columns, _ = self._size()
        above = sum(rows(text, columns) for text in self._drawn)
        erase = f"\r\x1b[{above}A\x1b[J" if above else ""
        self._drawn = [self._shown(line.text) for line in lines]
        self._stream.write(erase + "".join(f"{self._styled(line)}\n" for line in lines))
        self._stream.flush()

    def _styled(self, line: Line) -> str:
        return f"\x1b[{line.style}m{line.text}\x1b[0m" if line.style and self._coloured else line.text

    def _shown(self, text: str) -> str:
        """Return the text as the stream writes it: what its encoding lacks becomes an escape."""
        encoding, errors = self._stream.encoding or "utf-8", self._stream.errors or "strict"
        return text.encode(encoding, errors).decode(encoding)

    def _size(self) -> tuple[int, int]:
        try:
            columns, height = os.get_terminal_size(self._stream.fileno())
        except OSError:
            return _SIZE
        return columns or _SIZE[0], height or _SIZE[1]
