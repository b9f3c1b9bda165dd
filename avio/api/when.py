"""When a new job may begin, as members of a request. Used by web alone."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from avio.wire import moments
from avio.wire.after import MAX_AFTER, PATTERN, parse


def _bounded(given: object) -> object:
    """Count before the items are looked at."""
    if isinstance(given, list) and len(given) > MAX_AFTER:
        raise ValueError(f"has more than {MAX_AFTER} jobs; give the last ones of each chain")
    return given


def _moment(given: str) -> str:
    moments.epoch(given)
    return given


def _jobs(given: list[str]) -> list[str]:
    for text in given:
        parse(text)
    return given


At = Annotated[
    str,
    Strict(),
    Field(description=f"The job may not begin before: {moments.FORM}.", json_schema_extra={"pattern": moments.PATTERN}),
    AfterValidator(_moment),
]
AfterJobs = Annotated[
    list[Annotated[str, Strict(), Field(json_schema_extra={"pattern": PATTERN})]],
    Field(
        description="Jobs that must have ended before; with `:succeeded` behind the id, succeeded.",
        json_schema_extra={"maxItems": MAX_AFTER},
    ),
    AfterValidator(_jobs),
    BeforeValidator(_bounded),
]
