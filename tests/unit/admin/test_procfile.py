"""Reading the Procfile, and what else the processes start from."""

from pathlib import Path

import pytest

from avio.admin.procfile import complete, parse
from avio.errors import BadRequest, NotFound

ROOT = Path(__file__).resolve().parents[3]


def test_our_procfile_names_the_three_processes_in_the_order_of_stopping() -> None:
    commands = parse((ROOT / "Procfile").read_text())

    assert list(commands) == ["web", "supervisor", "aggregator"]


def test_every_command_of_our_procfile_replaces_its_shell_so_that_signals_reach_it() -> None:
    commands = parse((ROOT / "Procfile").read_text())

    assert all(command.startswith("exec ") for command in commands.values())


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert parse("# processes\n\nweb: run --bind :80\n") == {"web": "run --bind :80"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("web run", "line 1 is not"),
        ("web: run\nweb: run", "line 2 repeats the name web"),
        ("web:", "line 1 is not"),
        ("# nothing\n", "names no process"),
    ],
)
def test_a_bad_procfile_is_refused_with_its_line(text: str, what: str) -> None:
    with pytest.raises(BadRequest, match=what):
        parse(text)


def test_a_missing_file_is_named_and_the_cure_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Procfile is missing") as caught:
        complete(tmp_path)

    assert "install avio again" in caught.value.cure
    assert complete(ROOT) == ROOT
