"""Where the columns of a table stand, counted in cells of the terminal: a Chinese character takes two.

Pure functions over text that `cells.printable` has cleaned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from avio.terminal.widths import cell_len

GAP = "  "


@dataclass(frozen=True, slots=True)
class Layout:
    """The width of each column in cells, and whether its cells stand at its right edge."""

    widths: Sequence[int]
    right: Sequence[bool]

    def line(self, row: Sequence[str]) -> str:
        """Return one line; a cell that is wider than its column is printed whole and moves the rest of its line."""
        cells = (
            _padding(text, width) + text if right else text + _padding(text, width)
            for text, width, right in zip(row, self.widths, self.right, strict=True)
        )
        return GAP.join(cells).rstrip()


def fit(
    rows: Sequence[Sequence[str]], *, least: Sequence[int] = (), right: Sequence[bool] = (), most: int | None = None
) -> Layout:
    """Return the layout of `rows`; `least` is in cells.

    A few cells wider than `most` don't widen their column: one long name would push all lines over the edge.
    """
    columns = list(zip(*rows, strict=True))
    widths = [_width([cell_len(text) for text in column], most) for column in columns]
    return Layout(
        [max(pair) for pair in zip(widths, least or [0] * len(widths), strict=True)], right or [False] * len(widths)
    )


def _width(needs: list[int], most: int | None) -> int:
    widest = max(needs)
    if most is None:
        return widest
    median = sorted(needs)[len(needs) // 2]  # the upper one: the heading is no row that a long cell would push
    return min(widest, max(most, median))


def _padding(text: str, width: int) -> str:
    return " " * (width - cell_len(text))
