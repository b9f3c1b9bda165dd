"""Tables on a real terminal of 80 columns, and what programs get instead."""

import os
import pty
import subprocess
import sys
import termios

import pytest

from avio.terminal.tables import Column, print_aligned, print_record, print_table
from avio.terminal.widths import cell_len

LONG = "数" * 85  # 255 bytes
NAMES = ["/data/训练集", "/data/plain", f"/{LONG}"]

COLUMNS = (
    Column("PATH", lambda row: row["path"], lambda row: row["path"]),
    Column("SIZE", lambda row: f"{row['size']} B", lambda row: str(row["size"]), width=8, right=True),
)

PROGRAM = f"""
from avio.terminal.tables import print_aligned
print_aligned([["PATH", "STATE", "MESSAGE"], *([name, "cached", "-"] for name in {NAMES!r})])
"""


def on_a_terminal(program: str, columns: int) -> list[str]:
    """Run a Python program on a pseudo terminal and return the lines that it prints."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, env=environ) as process:
        os.close(theirs)
        said = b""
        while piece := _read(ours):
            said += piece
    os.close(ours)
    assert process.returncode == 0
    return said.decode().splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


def test_on_80_columns_a_long_name_does_not_push_the_other_lines_over_the_edge() -> None:
    heading, *lines = on_a_terminal(PROGRAM, 80)

    assert [cell_len(line) <= 80 for line in (heading, *lines)] == [True, True, True, False]
    # PATH is a third of the terminal at most; the long name is printed whole.
    assert [cell_len(line.partition("cached")[0]) for line in lines[:2]] == [28, 28]
    assert lines[2] == f"/{LONG}  cached  -"


def test_off_a_terminal_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_aligned([["PATH", "STATE"], *([name, "cached"] for name in NAMES)])

    starts = {cell_len(line.removesuffix("cached")) for line in capsys.readouterr().out.splitlines()[1:]}
    assert starts == {173}


def test_programs_get_tabs_and_raw_values_without_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [[{"path": name, "size": 1} for name in NAMES], [{"path": "/b", "size": 2}]])

    assert capsys.readouterr().out == "".join(f"{name}\t1\n" for name in NAMES) + "/b\t2\n"


def test_a_control_character_of_a_cell_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_aligned([["a\x1b[2J\nb", "数"]])

    assert capsys.readouterr().out == "a\\x1b[2J\\nb  数\n"


def test_the_values_of_a_record_stand_in_one_column(capsys: pytest.CaptureFixture[str]) -> None:
    print_record([("Path", "/data/训练集"), ("Modified", "-")])

    assert capsys.readouterr().out == "Path:     /data/训练集\nModified: -\n"
