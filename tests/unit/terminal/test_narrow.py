"""Which columns a narrow terminal shows: the one rule of all tables."""

from typing import Any

import pytest

from avio.terminal.clipping import keep_ends, keep_start
from avio.terminal.tables import Column, laid_out
from avio.terminal.widths import cell_len


def column(title: str, *, rank: int = 0, **more: Any) -> Column:
    """Return a column of the values under its title."""
    return Column(title, lambda row: row[title], lambda row: row[title], rank=rank, **more)


ROW = {
    "ID": "i" * 26,
    "STATE": "running",
    "WHEN": "2026-05-02 11:40:05+08:00",
    "PATH": "/数据集/" + "训练" * 20 + "/end",
}
COLUMNS = (
    column("ID"),
    column("STATE", rank=1),
    column("WHEN", rank=3, short=lambda row: row["WHEN"][:16]),
    column("PATH", rank=2, keeps="ends"),
)


def titles(room: int | None) -> list[str]:
    return laid_out(COLUMNS, [ROW], room).heading().split()


@pytest.mark.parametrize("room", range(50, 261, 5))
def test_a_line_fits_and_what_names_the_row_is_whole(room: int) -> None:
    line = laid_out(COLUMNS, [ROW], room).line(ROW)

    assert cell_len(line) <= room
    assert line.startswith(ROW["ID"] + "  ")


def test_first_come_short_forms_then_columns_give_way_by_rank_and_texts_are_shortened() -> None:
    assert titles(None) == ["ID", "STATE", "WHEN", "PATH"]
    assert ROW["WHEN"] in laid_out(COLUMNS, [ROW], 200).line(ROW)
    assert "2026-05-02 11:40  " in laid_out(COLUMNS, [ROW], 150).line(ROW)
    assert titles(72) == ["ID", "STATE", "PATH"]
    assert titles(50) == ["ID", "PATH"]


def test_the_cells_that_are_left_go_back_to_the_texts() -> None:
    path = laid_out(COLUMNS, [ROW], 72).line(ROW).split()[-1]

    assert cell_len(path) in (72 - 26 - 7 - 4, 72 - 26 - 7 - 5)  # a wide character may not fit
    assert path.startswith("/数据集/")
    assert path.endswith("训练/end")


def test_where_not_even_a_short_text_fits_what_names_the_row_is_alone() -> None:
    line = laid_out(COLUMNS, [ROW], 20).line(ROW)

    assert line == ROW["ID"]
    path = laid_out(COLUMNS, [ROW], 46).line(ROW).split()[-1]
    assert cell_len(path) in (46 - 28, 46 - 29)


def test_one_long_name_takes_no_column_away_from_the_others() -> None:
    rows = [{**ROW, "ID": name} for name in ("a", "b", "c", "x" * 200)]
    table = laid_out(COLUMNS[:2], rows, 80)

    assert table.heading().split() == ["ID", "STATE"]
    assert [cell_len(table.line(row)) <= 80 for row in rows] == [True, True, True, False]


@pytest.mark.parametrize("cells", range(12))
@pytest.mark.parametrize("text", ["/data/训练集", "abc", "训练集训练集训练集", "cafe\u0301s" * 4, ""], ids=ascii)
def test_a_shortened_text_takes_no_more_cells_than_it_may(text: str, cells: int) -> None:
    for keep in (keep_start, keep_ends):
        short = keep(text, cells)
        assert cell_len(short) <= cells
        assert short == text or "…" in short or cells == 0
        assert not any(map(short.startswith, ("\u0301", "…\u0301")))
        assert "…\u0301" not in short
