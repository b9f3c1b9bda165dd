"""The screens of a recording: what stands where in which style, and for how long. pyte is the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pyte

from recording.cast import Cast


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one style beside each other; `column` is the cell of the first one."""

    column: int
    cells: int
    text: str
    colour: str
    is_bold: bool


Row = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows of the window, shown from `at` seconds on."""

    at: float
    rows: tuple[Row, ...]


def frames(cast: Cast, *, least_seconds: float = 0.08) -> list[Frame]:
    """Return the screens that differ; changes within `least_seconds` become one."""
    screen = pyte.Screen(cast.columns, cast.lines)
    stream = pyte.Stream(screen)
    found: list[Frame] = []
    for at, text in cast.pieces:
        stream.feed(text)
        rows = tuple(tuple(_runs(screen, line)) for line in range(cast.lines))
        if found and rows == found[-1].rows:
            continue
        if found and at - found[-1].at < least_seconds:
            found[-1] = Frame(found[-1].at, rows)
        else:
            found.append(Frame(at, rows))
    return found


def _runs(screen: pyte.Screen, line: int) -> Iterator[Run]:
    row = screen.buffer[line]
    cells = [(column, row[column]) for column in range(screen.columns)]
    for (colour, is_bold), group in groupby(cells, key=lambda cell: (cell[1].fg, cell[1].bold)):
        run = list(group)
        text = "".join(character.data for _, character in run)
        if text.strip():
            yield Run(run[0][0], len(run), text.rstrip(), colour, is_bold)
