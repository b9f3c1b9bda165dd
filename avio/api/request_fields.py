"""The fields of requests that several shapes have: paths, pages, texts, labels. Used by web alone."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict, ValidationInfo

from avio.api.named_files import PATH_SCHEMA
from avio.rules.order_checks import MAX_NAME
from avio.wire import job_filters, labels
from avio.wire.params import MAX_DEPTH
from avio.wire.paths import canonical, decoded

PAGE_MAX = 1000
WAIT_MAX = 60
INT_MAX = 2**63 - 1
QUERY_MEMBERS_MAX = 64  # of a query, and values of one that is a list


def _without_controls(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("has a control character (NUL, line break, tab ...); remove it")
    return text


Line = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"}),
    AfterValidator(_without_controls),
]


JobFilterText = Annotated[
    str,
    Field(
        max_length=job_filters.MAX_CHARACTERS,
        description=f"Terms `name:value,value` of {', '.join(job_filters.TERMS)}, such as `status:failed since:2d`.",
    ),
    AfterValidator(lambda text: job_filters.parse(text) and text),
]


def _labels(given: dict[str, str | None]) -> dict[str, str | None]:
    labels.check(given)
    return given


Labels = Annotated[
    dict[str, Annotated[str, Strict()] | None],
    Field(json_schema_extra={"maxProperties": labels.MAX_LABELS, "propertyNames": {"pattern": f"^{labels.NAME}$"}}),
    AfterValidator(_labels),
]


def _path(text: str, info: ValidationInfo) -> str:
    """Return the canonical path; in a percent-encoded one each byte that is not UTF-8 becomes a lone surrogate."""
    if info.data.get("alluxio_uri_encoded"):
        return canonical(decoded(text, encoded=True), any_name=True)
    return canonical(text)


Path = Annotated[str, Field(json_schema_extra=PATH_SCHEMA), AfterValidator(_path)]
Ulid = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Depth = Annotated[int, Field(ge=0, le=MAX_DEPTH, description="Levels; 1 is the direct children, absent is all.")]
PageSize = Annotated[
    int,
    Field(ge=1, le=INT_MAX, description=f"Entries a page; more than {PAGE_MAX} gives {PAGE_MAX}."),
    AfterValidator(lambda size: min(size, PAGE_MAX)),
]
PageToken = Annotated[str, Field(max_length=8192, description="`nextPageToken` of the page before.")]
