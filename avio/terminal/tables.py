"""Tables and records on standard output: the only renderer of both commands."""

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avio.terminal.cells import printable
from avio.terminal.layout import Layout, fit

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what people see, what machines get; `width` is the least one, in cells."""

    title: str
    human: Callable[[Any], str]
    raw: Callable[[Any], str]
    width: int = 0
    right: bool = False


def is_terminal() -> bool:
    """Return True if people look at standard output."""
    return sys.stdout.isatty()


def print_table(columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """Print rows batch by batch as they come: headings and aligned columns on a terminal, else tabs and raw values.

    The widths are those of the first batch.
    """
    if not is_terminal():
        for batch in batches:
            _print("\t".join(printable(column.raw(row)) for column in columns) for row in batch)
        return
    layout: Layout | None = None
    for batch in batches:
        rows = [[printable(column.human(row)) for column in columns] for row in batch]
        if layout is None:
            rows.insert(0, [column.title for column in columns])
            least, right = [column.width for column in columns], [column.right for column in columns]
            layout = fit(rows, least=least, right=right, most=_widest())
        _print(map(layout.line, rows))


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
