"""Numbers on a command line. click calls them "integer range" and "float range" in its messages; people say number."""

from typing import Any

import click

from avio.wire.digits import only_digits


class WholeNumber(click.IntRange):
    """An integer between two limits."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the integer. Fail for what only Python takes for one."""
        try:
            return super().convert(only_digits(int, value), param, ctx)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Number(click.FloatRange):
    """A number between two limits. `inf` is one."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Fail for what only Python takes for one."""
        try:
            return super().convert(value if value == "inf" else only_digits(float, value), param, ctx)
        except ValueError as error:
            self.fail(str(error), param, ctx)
