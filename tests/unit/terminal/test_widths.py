"""Cells as a terminal counts them: what combines takes none, what is wide takes two."""

import unicodedata

import pytest
from wcwidth import wcswidth, wcwidth

from avio.terminal.widths import cell_len, rows

CELLS = {
    "": 0,
    "größe": 5,
    "训练集": 6,
    "データ": 6,
    "ﾊﾝｶｸ": 4,
    "ｆｕｌｌ": 8,
    "학습": 4,
    "cafe\u0301": 4,
    "हिन्दी": 3,
    "😀": 2,
    "🇨🇳": 2,
    "≥·━─": 4,
}


# Narrow in the tables of Python 3.11 and of many terminals; wide since Unicode 16.
SINCE_16 = [range(0x2630, 0x2638), range(0x268A, 0x2690), range(0x4DC0, 0x4E00), range(0x1D300, 0x1D377)]


def test_every_character_is_as_wide_as_wcwidth_says() -> None:
    halves_of_flags = range(0x1F1E6, 0x1F200)  # two of them are one picture
    numbers = (number for number in range(0x20, 0x110000) if number not in halves_of_flags)
    printable = (chr(number) for number in numbers if chr(number).isprintable())
    differ = [character for character in printable if cell_len(character) != wcwidth(character)]

    assert [each for each in differ if not any(ord(each) in known for known in SINCE_16)] == []


@pytest.mark.parametrize("text", ["❤️", "❤", "1️⃣", "👍🏽", "한글", "ก็", "🇨🇳", "训️练", "✓ done", "a️"], ids=ascii)
def test_signs_that_change_the_one_before_them_are_counted_as_wcwidth_counts_them(text: str) -> None:
    assert cell_len(text) == wcswidth(text)


@pytest.mark.parametrize(("text", "cells"), CELLS.items(), ids=ascii)
def test_a_text_takes_the_same_cells_composed_and_decomposed(text: str, cells: int) -> None:
    assert (cell_len(text), cell_len(unicodedata.normalize("NFD", text))) == (cells, cells)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [("", 5, 1), ("abcde", 5, 1), ("abcdef", 5, 2), ("训练", 4, 1), ("训练集", 5, 2), ("a训b练", 3, 2), ("训", 1, 2)],
    ids=ascii,
)
def test_a_wide_character_that_does_not_fit_goes_to_the_next_line(text: str, columns: int, lines: int) -> None:
    assert rows(text, columns) == lines
