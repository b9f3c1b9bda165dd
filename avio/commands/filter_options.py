"""The options `--include` and `--exclude`, whose order on the command line counts."""

from collections.abc import Sequence
from typing import Any

import click

from avio.commands.command import Command
from avio.undecoded import quoted, reread
from avio.wire.filters import LEAVE, TAKE
from avio.wire.globs import GlobError, parse

# What each option writes before its glob.
SIGNS = {"include": TAKE, "exclude": LEAVE}


def option_text(rule: str) -> str:
    """Return a rule as its option."""
    name = next(name for name, sign in SIGNS.items() if rule.startswith(sign))
    return f"--{name} {rule[len(SIGNS[name]) :]}"


class GlobText(click.ParamType[str]):
    """A glob."""

    name = "glob"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the glob as it is. Fail if it is invalid."""
        try:
            return parse(reread(str(value))).text
        except GlobError as error:
            self.fail(f"{quoted(reread(str(value)))} {error}", param, ctx)


def filter_options(command: Any) -> Any:
    """Add the two options to a command of the class `FilterCommand`, which gives their rules as `filters`."""
    for name, help_ in (
        ("exclude", "Leave the files that match GLOB; of several rules the first that matches decides."),
        ("include", "Take the files that match GLOB, whatever later rules say; end with --exclude '**'."),
    ):
        add = click.option(f"--{name}", type=GlobText(), multiple=True, expose_value=False, help=help_)
        command = add(command)
    return command


class FilterCommand(Command):
    """A command with the options of `filter_options`."""

    def make_parser(self, ctx: click.Context) -> Any:
        """Return a parser that keeps the rules in their order, which click's values lose."""
        parser: Any = super().make_parser(ctx)
        read = parser.parse_args

        def parse_args(args: list[str]) -> tuple[dict[str, Any], list[str], list[click.Parameter]]:
            values, rest, order = read(args)
            ctx.params["filters"] = _in_order(values, order)
            return values, rest, order

        parser.parse_args = parse_args
        return parser

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse rules of which the last has no effect."""
        rest = super().parse_args(ctx, args)
        last = (ctx.params["filters"] or [""])[-1]
        if last.startswith(TAKE) and not ctx.resilient_parsing:
            message = (
                f"--include {quoted(last.removeprefix(TAKE))} comes last and has no effect, since files that no rule"
                " matches are taken; add --exclude '**' after it to take nothing else"
            )
            raise click.UsageError(message, ctx)
        return rest


def _in_order(values: dict[str, Any], order: Sequence[click.Parameter]) -> list[str] | None:
    globs = {name: iter(values.get(name) or ()) for name in SIGNS}
    given = [option.name for option in order if option.name in SIGNS]
    return [SIGNS[name] + reread(next(globs[name])) for name in given] or None
