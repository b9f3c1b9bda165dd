"""Tables and records on standard output: the only renderer of both commands."""

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from avio.terminal.cells import printable
from avio.terminal.clipping import keep_ends, keep_start
from avio.terminal.layout import Layout, fit
from avio.terminal.narrow import Need, Place, choose

Row = Mapping[str, Any]

_CUTS: Mapping[str, Callable[[str, int], str]] = {"start": keep_start, "ends": keep_ends}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what people see, what machines get; `width` is the least one, in cells.

    Where the terminal is narrow, the highest `rank` gives way first; 0 names the row and stays whole. A column of
    text that `keeps` its start or its ends is shortened, any other is left out. `short` is a form of fewer cells.
    """

    title: str
    human: Callable[[Any], str]
    raw: Callable[[Any], str]
    width: int = 0
    right: bool = False
    rank: int = 0
    keeps: Literal["", "start", "ends"] = ""
    short: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """How the rows of a table are drawn, once the widths are known."""

    columns: Sequence[Column]
    places: Sequence[Place]
    layout: Layout

    def heading(self) -> str:
        """Return the line of titles."""
        return self.layout.line([column.title for column in self.columns])

    def line(self, row: Row) -> str:
        """Return the line of a row."""
        pairs = zip(self.columns, self.places, strict=True)
        return self.layout.line([_cell(column, place, row) for column, place in pairs])


def is_terminal() -> bool:
    """Return True if people look at standard output."""
    return sys.stdout.isatty()


def laid_out(columns: Sequence[Column], rows: Sequence[Row], room: int | None) -> Table:
    """Return the table of `columns` that suits these rows and a terminal of `room` cells."""
    most = None if room is None else room // 2
    widest, full = (_widths(columns, rows, limit, is_short=False) for limit in (None, most))
    short = _widths(columns, rows, most, is_short=True)
    needs = [
        Need(full[at], short[at], widest[at], column.rank, bool(column.keeps)) for at, column in enumerate(columns)
    ]
    places = choose(needs, room)
    shown = [columns[place.number] for place in places]
    return Table(shown, places, Layout([place.width for place in places], [column.right for column in shown]))


def _widths(columns: Sequence[Column], rows: Sequence[Row], most: int | None, *, is_short: bool) -> Sequence[int]:
    """Return how wide the columns would be; of a short form the least width does not count."""
    places = [Place(number, sys.maxsize, is_short) for number in range(len(columns))]
    cells = [[_cell(column, place, row) for column, place in zip(columns, places, strict=True)] for row in rows]
    least = [0 if is_short and column.short else column.width for column in columns]
    return fit([[column.title for column in columns], *cells], least=least, most=most).widths


def _cell(column: Column, place: Place, row: Row) -> str:
    text = printable((column.short if place.is_short and column.short else column.human)(row))
    return _CUTS[column.keeps](text, place.width) if column.keeps else text


def print_table(columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """Print rows batch by batch as they come: headings and aligned columns on a terminal, else tabs and raw values.

    The widths are those of the first batch.
    """
    if not is_terminal():
        for batch in batches:
            _print("\t".join(printable(column.raw(row)) for column in columns) for row in batch)
        return
    table: Table | None = None
    for batch in batches:
        if table is None:
            table = laid_out(columns, batch, shutil.get_terminal_size().columns)
            _print([table.heading()])
        _print(map(table.line, batch))


def print_aligned(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of text in aligned columns, on a terminal or not."""
    rows = [[printable(text) for text in row] for row in rows]
    if rows:
        _print(map(fit(rows, most=_widest()).line, rows))


def print_record(pairs: Iterable[tuple[str, str]]) -> None:
    """Print `label: value` lines, the values in one column."""
    rows = [(label + ":", printable(value)) for label, value in pairs]
    width = max(len(label) for label, _ in rows) + 1
    _print(f"{label:<{width}}{value}" for label, value in rows)


def _widest() -> int | None:
    """Return how wide a few long cells may make a column; None for any width, where no terminal has an edge."""
    return shutil.get_terminal_size().columns // 3 if is_terminal() else None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
