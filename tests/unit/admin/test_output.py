"""Tables of `avio-server` follow the rule of all tables on a narrow terminal, and are whole elsewhere."""

from datetime import UTC, datetime
from typing import Any

import pytest

from avio.admin import output
from avio.terminal import tables
from avio.terminal.widths import cell_len

TIME = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"uid": uid, "name": name, "admin": False, "group": "vision-research", "seen": TIME, "created": TIME, "limit": None}
    for uid, name in enumerate(["lena", "数据平台自动化账号", "nightly-preloads"])
]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_table_fits_a_terminal_and_keeps_what_names_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    for module in (tables, output):
        monkeypatch.setattr(module, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))

    output.show(ROWS, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert [line.split()[1] for line in lines] == ["NAME", *(row["name"] for row in ROWS)]
    assert ("LIMIT" in lines[0]) is (width == 120)


def test_off_a_terminal_nothing_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(ROWS, as_json=False)

    heading, first, *_ = capsys.readouterr().out.splitlines()
    assert heading.split() == [name.upper() for name in ROWS[0]]
    assert output.clock(TIME) in first
