"""Ctrl-C at any moment ends both commands with code 130 and one line."""

from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

import avio.lazygroup
from avio.admin import commands
from avio.commands import main
from avio.commands.exit_codes import Exit
from avio.terminal.standard_streams import INTERRUPTED

BOTH = pytest.mark.parametrize(("group", "arguments"), [(main, ["tiers"]), (commands, ["root"])])

Plant = Callable[[pytest.MonkeyPatch], None]


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def abort(*_: object, **__: object) -> None:
    raise click.Abort


def while_it_imports(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(avio.lazygroup, "import_module", interrupt)


def while_it_reads_the_line(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(click.Group, "parse_args", interrupt)


def while_it_reads_the_options_of_the_command(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(click.Command, "make_parser", interrupt)


def before_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(click.Group, "main", interrupt)


def at_a_prompt(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(click.Command, "invoke", abort)


@BOTH
@pytest.mark.parametrize(
    "moment",
    [while_it_imports, while_it_reads_the_line, while_it_reads_the_options_of_the_command, before_all, at_a_prompt],
)
def test_ctrl_c_ends_a_command_with_130_and_one_line(
    group: click.Group, arguments: list[str], moment: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment(monkeypatch)

    result = CliRunner().invoke(group, arguments)

    assert (result.exit_code, result.output.strip()) in [(130, "interrupted"), (130, "")]
    assert result.output.count("\n") <= 1


def test_the_code_is_that_of_the_table() -> None:
    assert Exit.INTERRUPTED == INTERRUPTED
