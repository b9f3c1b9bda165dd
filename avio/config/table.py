"""The base of all tables of settings, and the bounds of their numbers: what the database, the kernel and timers hold.

Used in every process that reads settings. Opens nothing.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, get_origin

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from avio.wire.digits import only_digits, types_in

WEEK_SECONDS = 7 * 86400
YEAR_SECONDS = 365 * 86400

# Seconds. A timer of the kernel takes up to 24 days; a time in the database, and in a reply, has a year of four digits.
Wait = Annotated[float, Field(ge=0, le=WEEK_SECONDS)]
Interval = Annotated[float, Field(gt=0, le=WEEK_SECONDS)]
Patience = Annotated[float, Field(ge=0, le=YEAR_SECONDS)]
Age = Annotated[int, Field(ge=0, le=100 * YEAR_SECONDS)]
Lifetime = Annotated[int, Field(ge=60, le=100 * YEAR_SECONDS)]

Count = Annotated[int, Field(ge=1, le=10**9)]

_CURE = "give it a value, or remove it for its default"


class Table(BaseModel):
    """A table of settings. Numbers are no truth values, and in texts have ASCII digits alone; no text is empty."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_plain(cls, given: Any, info: ValidationInfo) -> Any:
        kind = cls.model_fields[info.field_name or ""].annotation
        kinds = list(types_in(kind))
        _refuse_truth(given, kinds)
        if str in kinds or Path in kinds:
            _refuse_empty(given, is_list=get_origin(kind) is list)
        return only_digits(kind, given)


def _refuse_truth(given: Any, kinds: Collection[type]) -> None:
    """Raise ValueError for true or false in place of a number: Python takes them for 1 and 0."""
    if bool not in kinds and (int in kinds or float in kinds):
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, bool):
                raise ValueError(f"{str(each).lower()} is not a number; write it with digits")


def _refuse_empty(given: Any, *, is_list: bool) -> None:
    """Raise ValueError for a text without a character, and for one with NUL, which no path or address can have.

    One text in place of a list comes from the environment, and may be empty.
    """
    for text in given if isinstance(given, list) else [given]:
        if isinstance(text, str) and not text.strip() and not (is_list and text is given):
            raise ValueError(f"is empty; {_CURE}")
        if isinstance(text, str) and "\0" in text:
            raise ValueError("has a NUL, which the system can't take; remove it")
