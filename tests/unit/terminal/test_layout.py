"""Columns stand in line by what a terminal shows, not by how many characters a name has."""

import pytest

from avio.terminal.layout import fit
from avio.terminal.widths import cell_len

LONG = "数" * 85  # 255 bytes, 170 cells


@pytest.mark.parametrize(
    "name", ["训练集", "データ", "학습", "cafe\u0301", "ｆｕｌｌ", "ﾊﾝｶｸ", "größe", "हिन्दी", "a", ""], ids=ascii
)
def test_the_column_behind_a_name_begins_at_the_same_cell(name: str) -> None:
    rows = [["NAME", "STATE"], [name, "cached"], ["ten-chars-", "dirty"]]
    layout = fit(rows)
    starts = {cell_len(layout.line(row)) - cell_len(row[1]) for row in rows}
    assert starts == {12}


def test_wide_text_at_the_right_edge_ends_at_the_same_cell() -> None:
    rows = [["名前", "|"], ["x", "|"], ["longer", "|"]]
    layout = fit(rows, right=[True, False])
    assert [layout.line(row) for row in rows] == ["  名前  |", "     x  |", "longer  |"]


def test_a_column_has_its_least_width() -> None:
    assert fit([["名", "b"]], least=[6, 0]).line(["名", "b"]) == "名      b"


def test_one_name_of_255_bytes_moves_its_own_line_alone() -> None:
    assert len(LONG.encode()) == 255
    rows = [["PATH", "STATE"], ["/a", "cached"], [LONG, "dirty"], ["/b", "cached"]]
    layout = fit(rows, most=26)
    lines = [layout.line(row) for row in rows]
    assert [cell_len(line) for line in lines] == [33, 34, 177, 34]
    assert lines[2] == f"{LONG}  dirty"


def test_long_names_that_are_the_rule_widen_their_column() -> None:
    rows = [["ID", "STATE"], *([f"{number:026}", "queued"] for number in range(3))]
    assert fit(rows, most=20).widths == [26, 6]


def test_the_only_row_stands_below_its_headings() -> None:
    rows = [["NODE", "SEEN", "JOBS"], ["vm", "2026-12-01 13:43:52+00:00", "-"]]
    heading, line = map(fit(rows, most=20).line, rows)
    assert heading.index("JOBS") == line.rindex("-")


def test_without_an_edge_a_column_is_as_wide_as_its_widest_cell() -> None:
    assert fit([["PATH", "STATE"], [LONG, "dirty"]]).widths == [170, 5]
