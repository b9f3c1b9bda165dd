"""Texts on a command line that go into a database: names and ids."""

from typing import Any

import click


class Text(click.ParamType[str]):
    """A text that is UTF-8; Python keeps other bytes of a command line as halves of characters."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        text = str(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail(f"{text!a} is not UTF-8; write it in UTF-8", param, ctx)
        return text
