"""The click group of both commands: what it does while it imports a command."""

import gc
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from avio.lazygroup import LazyGroup

MODULE = """
import click, gc
DURING = gc.isenabled()
@click.command()
def show():
    click.echo(f"{DURING} {gc.isenabled()}")
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LazyGroup:
    """A group with one command, whose module says whether garbage was looked for while it was imported."""
    (tmp_path / "uncollected_command.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "uncollected_command", raising=False)
    return LazyGroup(table={"show": ("uncollected_command", "show", "Show it.")})


def test_no_garbage_is_looked_for_while_a_command_is_imported_and_it_is_when_it_runs(group: LazyGroup) -> None:
    assert CliRunner().invoke(group, ["show"]).stdout == "False True\n"


def test_where_no_garbage_is_looked_for_it_stays_so(group: LazyGroup) -> None:
    gc.disable()
    try:
        assert CliRunner().invoke(group, ["show"]).stdout == "False False\n"
    finally:
        gc.enable()
