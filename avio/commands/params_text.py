"""The params of a job or of a schedule, in the options of the CLI."""

from collections.abc import Collection, Mapping
from typing import Any

from avio.commands.filter_options import option_text
from avio.commands.wording import in_cli_words
from avio.wire.options import camel
from avio.wire.params import LIVE
from avio.wire.paths import decoded

# Members of the params that have lines of their own: those of the path, and those that may have changed since.
OF_THE_PATH = ("alluxioUri", "paths", "alluxioUriEncoded", "fromFileList", "fileListId", "fileListPath")

# How the rules are written, which are shown as they are.
SPELLINGS = ("filtersEncoded",)
NOT_OPTIONS = (*OF_THE_PATH, *SPELLINGS)
SHOWN_APART = (*NOT_OPTIONS, *map(camel, LIVE))


def options(params: Mapping[str, Any], *, apart: Collection[str] = SHOWN_APART) -> list[str]:
    """Return the options that were given, without those that are shown `apart`."""
    return [
        text
        for name, value in _readable_params(params).items()
        if name not in apart and value is not False
        for text in _option_texts(name, value)
    ]


def _readable_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the params with rules that are not percent-encoded."""
    if not params.get("filtersEncoded"):
        return params
    return {**params, "filters": [decoded(rule, encoded=True) for rule in params.get("filters", ())]}


def _option_texts(name: str, value: Any) -> list[str]:
    """Return an option of the CLI with its value; one for each rule of `filters`."""
    if name == "filters":
        return [option_text(rule) for rule in value]
    return [in_cli_words(f"{name}={'true' if value is True else value}")]
