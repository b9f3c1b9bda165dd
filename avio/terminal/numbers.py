"""Numbers on a command line. click calls them "integer range" and "float range" in its messages; people say number."""

from typing import Any

import click

from avio.wire.digits import only_digits
from avio.wire.sizes import size_of


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


class ByteNumber(click.ParamType[int]):
    """A number of bytes between two limits, as people write it: 100M, 1.5GiB."""

    name = "size"

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes. Fail for anything else."""
        try:
            size = size_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not self._least <= size <= self._most:
            self.fail(f"{value!r} is not in the range {self._least} to {self._most} bytes", param, ctx)
        return size
