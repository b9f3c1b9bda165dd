"""The shapes of requests: queries, bodies and headers, each declared once. Used by web alone.

Unknown members are refused: a typo must not preload a bucket. `avio.api.responses` has the other direction.
"""

from dataclasses import fields
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic.alias_generators import to_camel

from avio.rules.jobs import MAX_NAME
from avio.wire.digits import only_digits
from avio.wire.params import MAX_DEPTH, Option, Params, path_or_list
from avio.wire.paths import PATTERN, canonical, decoded
from avio.wire.states import State

PAGE_MAX = 1000
WAIT_MAX = 60
INT_MAX = 2**63 - 1


def _without_controls(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("has a control character (NUL, line break, tab ...); remove it")
    return text


def _split_commas(given: Any) -> Any:
    """A member that may be repeated may also be written as `a,b`."""
    return [part for text in given for part in str(text).split(",")] if isinstance(given, list) else given


def _whole(given: Any) -> Any:
    """To JSON Schema 2.0 is an integer, and some languages write integers so."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


Whole = BeforeValidator(_whole)
Line = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"}),
    AfterValidator(_without_controls),
]


def _path(text: str, info: ValidationInfo) -> str:
    """Return the canonical path; in a percent-encoded one each byte that is not UTF-8 becomes a lone surrogate."""
    if info.data.get("alluxio_uri_encoded"):
        return canonical(decoded(text, encoded=True), any_name=True)
    return canonical(text)


PATH_SCHEMA: dict[str, Any] = {"pattern": f"^{PATTERN}$"}
Path = Annotated[str, Field(json_schema_extra=PATH_SCHEMA), AfterValidator(_path)]
Ulid = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
Depth = Annotated[int, Field(ge=0, le=MAX_DEPTH, description="Levels; 1 is the direct children, absent is all.")]
PageSize = Annotated[
    int,
    Field(ge=1, le=INT_MAX, description=f"Entries a page; more than {PAGE_MAX} gives {PAGE_MAX}."),
    AfterValidator(lambda size: min(size, PAGE_MAX)),
]
PageToken = Annotated[str, Field(max_length=8192, description="`nextPageToken` of the page before.")]


class Asked(BaseModel):
    """A part of a request. JSON names are camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    @field_validator("*", mode="before")
    @classmethod
    def _only_digits(cls, given: Any, info: ValidationInfo) -> Any:
        return only_digits(cls.model_fields[info.field_name or ""].annotation, given)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the schema; the plain one, which flask-openapi reads at each request, is made once."""
        return super().model_json_schema(*args, **kwargs) if args or kwargs else _plain_schema(cls)


@cache
def _plain_schema(shape: type[Asked]) -> dict[str, Any]:
    return super(Asked, shape).model_json_schema()


class LoginBody(Asked):
    """The name and the password of a user."""

    name: Line
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class StatQuery(Asked):
    """The path to look at; `alluxioUriEncoded` if it is percent-encoded."""

    alluxio_uri_encoded: bool = False
    alluxio_uri: Path


class StateQuery(StatQuery):
    """The path to look at; with `cachedOnly` in the cache alone, without its bucket."""

    cached_only: bool = False


class ListQuery(StatQuery):
    """The path to list, and which page of it."""

    depth: Annotated[Depth, Field(ge=1)] | None = None
    page_size: PageSize = PAGE_MAX
    page_token: PageToken | None = None


# What `path_or_list` goes by.
_FIRST = ("from_file_list", "alluxio_uri_encoded")


def _declared_params() -> type[Asked]:
    """Return the shape that `avio.wire.params` declares. What `path_or_list` goes by comes first."""
    types = get_type_hints(Params)
    shapes: dict[str, Any] = {}
    for member in sorted(fields(Params), key=lambda member: member.name not in _FIRST):
        rule: Option = member.metadata["option"]
        checks = Field(json_schema_extra=rule.schema()), AfterValidator(rule.checked), Strict(), Whole
        base, *nothing = get_args(types[member.name]) or (types[member.name],)
        kind: Any = Annotated[base, *checks]
        shapes[member.name] = (kind | None if nothing else kind, Field(member.default, description=rule.help))
    return create_model("DeclaredParams", __base__=Asked, **shapes)


# What `path_or_list` goes by, in a schema.
BY_PATH: dict[str, Any] = {
    "required": ["alluxioUri"],
    "properties": {
        "fromFileList": {"const": False},
        "alluxioUri": {"type": "string", **PATH_SCHEMA},
        "fileListId": {"type": "null"},
    },
}
BY_LIST: dict[str, Any] = {
    "required": ["fromFileList", "fileListId"],
    "properties": {"fromFileList": {"const": True}, "fileListId": {"type": "string"}},
}


class JobParams(_declared_params()):  # type: ignore[misc]
    """The params of an order; `alluxioUri` is ignored with `fromFileList`."""

    model_config = ConfigDict(validate_default=True, json_schema_extra={"anyOf": [BY_PATH, BY_LIST]})

    @field_validator("alluxio_uri", "file_list_id")
    @classmethod
    def _path_or_list(cls, value: str | None, info: ValidationInfo) -> Any:
        encoded = info.data.get("alluxio_uri_encoded", False)
        return path_or_list(info.field_name or "", value, info.data.get("from_file_list"), encoded=encoded)

    def to_wire(self) -> Params:
        """Return the params for the rules and the job process."""
        return Params(**self.model_dump())


class OrderBody(Asked):
    """A preload or a save."""

    name: Line | None = None
    params: JobParams


class JobBody(OrderBody):
    """A JobSpec: any type of job; `uid` of somebody else only from an admin."""

    uid: Annotated[int, Field(strict=True, ge=0, le=INT_MAX), Whole] | None = None
    type: Annotated[int, Field(strict=True, ge=0, le=3, description="0 ls, 1 preload, 2 save, 3 stat"), Whole]


class FreeBody(StatQuery):
    """The path to drop from the cache; a directory needs `recursive`."""

    alluxio_uri_encoded: StrictBool = False
    recursive: StrictBool = False


class CancelBody(Asked):
    """Why. The body may be empty."""

    reason: Line | None = None


class JobsQuery(Asked):
    """Which jobs; `status` and `type` may be repeated or written with commas."""

    status: Annotated[list[State], BeforeValidator(_split_commas)] | None = None
    type: Annotated[list[Annotated[int, Field(ge=0, le=4)]], BeforeValidator(_split_commas)] | None = None
    uid: Annotated[int, Field(ge=0, le=INT_MAX)] | None = None
    name: Line | None = None
    page_size: PageSize = 100
    page_token: Ulid | None = None


class ListsQuery(Asked):
    """Which page of the file lists."""

    page_size: PageSize = 100
    page_token: Ulid | None = None


class JobQuery(Asked):
    """How long to wait for a version after `ifVersion`; without that, for any change."""

    wait: Annotated[float, Field(ge=0, le=WAIT_MAX, allow_inf_nan=False)] = 0
    if_version: Annotated[int, Field(ge=0, le=INT_MAX)] | None = None


class FailuresQuery(Asked):
    """Which page of the failed files."""

    page_size: PageSize = PAGE_MAX
    page_token: PageToken | None = None


class ReportQuery(Asked):
    """The lines of a report to return."""

    outcome: Literal["done", "skipped", "kept", "failed", "left_out"] | None = None


class Nothing(Asked):
    """A query without members."""


class _Header(BaseModel):
    """Headers. Unknown headers are ignored."""

    model_config = ConfigDict(frozen=True)


class OrderHeader(_Header):
    """The headers of a submit."""

    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None = Field(
        None, alias="Idempotency-Key"
    )


class PreferHeader(OrderHeader):
    """`Prefer: respond-async` makes a job of a task."""

    prefer: str = Field("", alias="Prefer")

    @property
    def respond_async(self) -> bool:
        """Return True if the caller asks for a job."""
        return any(part.strip().lower() == "respond-async" for part in self.prefer.split(","))


class EventsHeader(_Header):
    """The last event that a listener has seen."""

    last_event_id: str = Field("", alias="Last-Event-ID")
