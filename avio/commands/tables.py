"""Tables, records and JSON on standard output: the only renderer of results.

On a terminal a table has a heading and aligned columns; elsewhere tabs, raw values and no heading.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what people see, what machines get; `width` is the least one."""

    title: str
    human: Callable[[Any], str]
    raw: Callable[[Any], str]
    width: int = 0
    right: bool = False


def is_terminal() -> bool:
    """Tell whether people look at standard output."""
    return sys.stdout.isatty()


def print_table(columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """Print rows batch by batch as they come; the widths are those of the first batch."""
    if not is_terminal():
        for batch in batches:
            _print("\t".join(column.raw(row) for column in columns) for row in batch)
        return
    widths: list[int] | None = None
    for batch in batches:
        rows = [[column.human(row) for column in columns] for row in batch]
        if widths is None:
            rows.insert(0, [column.title for column in columns])
            widths = [max(column.width, *(len(row[n]) for row in rows)) for n, column in enumerate(columns)]
        _print(_aligned(columns, widths, row) for row in rows)


def print_record(pairs: Iterable[tuple[str, str]]) -> None:
    """Print `label: value` lines, the values in one column."""
    pairs = list(pairs)
    width = max(len(label) for label, _ in pairs) + 2
    _print(f"{label + ':':<{width}}{value}" for label, value in pairs)


def print_json(document: object) -> None:
    """Print one document on one line."""
    _print([json.dumps(document)])


def print_json_list(head: Row, member: str, batches: Iterable[Sequence[Row]]) -> None:
    """Print one document, `head` and under `member` every row, a line a row, as they come."""
    before = "".join(f"{json.dumps(name)}: {json.dumps(value)}, " for name, value in head.items())
    sys.stdout.write("{" + before + json.dumps(member) + ": [")
    separator = "\n"
    for batch in batches:
        for row in batch:
            sys.stdout.write(separator + json.dumps(row))
            separator = ",\n"
    _print(["\n]}"])


def _aligned(columns: Sequence[Column], widths: list[int], row: list[str]) -> str:
    cells = (
        text.rjust(width) if column.right else text.ljust(width)
        for column, width, text in zip(columns, widths, row, strict=True)
    )
    return "  ".join(cells).rstrip()


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
