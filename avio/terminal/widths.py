"""How many cells of a terminal a text takes: two for a Chinese character, none for a combining one.

Pure functions over text that `cells.printable` has cleaned.
"""

import unicodedata
from collections.abc import Iterator

_NO_CELL = frozenset({"Mn", "Me", "Mc", "Cf"})


def cell_len(text: str) -> int:
    """Return the cells that a text takes on one line."""
    return len(text) if text.isascii() else sum(_widths(text))


def rows(text: str, columns: int) -> int:
    """Return how many lines of a terminal a text takes; no wide character stands on two of them."""
    taken, at = 1, 0
    for width in _widths(text):
        if at + width > columns:
            taken, at = taken + 1, 0
        at += width
    return taken


def _widths(text: str) -> Iterator[int]:
    # A decomposed Korean syllable, as macOS writes it, is as wide as the composed one.
    for character in unicodedata.normalize("NFC", text):
        if unicodedata.category(character) in _NO_CELL:
            yield 0
        else:
            yield 2 if unicodedata.east_asian_width(character) in "WF" else 1
