"""How many cells of a terminal a text takes: two for a Chinese character, none for a combining one.

Pure functions over text that `cells.printable` has cleaned.
"""

import unicodedata
from collections.abc import Iterator

_NO_CELL = frozenset({"Mn", "Me", "Mc", "Cf"})
# Korean vowels and finals, which stand in the cells of the first letter.
_JAMO_REST = frozenset(map(chr, [*range(0x1160, 0x1200), *range(0xD7B0, 0xD7FC), 0x3164, 0xFFA0]))
_AS_EMOJI = "\ufe0f"  # makes the sign before it a picture of two cells
_SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))  # colour the picture before them


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
    before = ""
    # A decomposed Korean syllable, as macOS writes it, is as wide as the composed one.
    for character in unicodedata.normalize("NFC", text):
        yield _width(character, before)
        before = character


def _width(character: str, before: str) -> int:
    if character == _AS_EMOJI:
        return 1 if before and _alone(before) == 1 and not before.isalpha() else 0
    if character in _SKINS and before and _alone(before) == 2:
        return 0
    return _alone(character)


def _alone(character: str) -> int:
    if unicodedata.category(character) in _NO_CELL or character in _JAMO_REST:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
