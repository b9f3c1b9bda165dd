"""The numbers of job types in requests, and whole numbers at all. Used by web alone."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from avio.wire.states import JobType

# The types that a JobSpec may have, and what each number means.
ORDERED = [int(each) for each in JobType if each is not JobType.FREE]
TYPES = ", ".join(f"{number} {JobType(number).name.lower()}" for number in ORDERED)


def _whole(given: Any) -> Any:
    """To JSON Schema 2.0 is an integer, and some languages write integers so."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


def _ordered(given: int) -> int:
    if given not in ORDERED:
        raise ValueError("must not be free; use POST /free" if given == JobType.FREE else f"must be one of {TYPES}")
    return given


Whole = BeforeValidator(_whole)
OrderedType = Annotated[
    int, Field(strict=True, description=TYPES, json_schema_extra={"enum": ORDERED}), AfterValidator(_ordered), Whole
]
PlannedType = Annotated[Literal[1, 2], Field(description="1 preload, 2 save"), Whole]
AnyType = Annotated[int, Field(ge=min(JobType), le=max(JobType))]
