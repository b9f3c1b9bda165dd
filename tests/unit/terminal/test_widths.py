"""Cells as a terminal counts them: what combines takes none, what is wide takes two."""

import unicodedata

import pytest

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
