"""Texts on a command line, which JSON must hold: in UTF-8. Only paths and globs may have other bytes."""

from typing import Any

import click

from avio.undecoded import quoted, reread
from avio.wire.paths import is_text


class Text(click.ParamType[str]):
    """A text in UTF-8."""

    name = "text"
    cure = "write it in UTF-8"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Fail if it is not UTF-8."""
        text = reread(str(value))
        if not is_text(text):
            self.fail(f"{quoted(text)} is not UTF-8; {self.cure}", param, ctx)
        return text


class TextPath(Text):
    """A path that must be UTF-8."""

    cure = "rename the object, or give a copy of it with --from-file"
