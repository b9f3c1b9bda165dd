"""The shapes of requests: queries, bodies and headers, each declared once. Used by web alone.

Unknown members are refused: a typo must not preload a bucket. `avio.api.responses` has the other direction.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import (
    AfterValidator,
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

from avio.api.job_types import AnyType, OrderedType, PlannedType, Whole
from avio.api.named_files import WAYS
from avio.api.request_fields import (
    INT_MAX,
    PAGE_MAX,
    QUERY_MEMBERS_MAX,
    WAIT_MAX,
    Depth,
    JobFilterText,
    Labels,
    Line,
    PageSize,
    PageToken,
    Path,
    Ulid,
)
from avio.api.shapes import Shape
from avio.api.when import AfterJobs, At
from avio.wire import job_filters
from avio.wire.checked_params import BY_DEPENDENCE
from avio.wire.digits import only_digits
from avio.wire.job_filters import JobFilter
from avio.wire.members import related
from avio.wire.options import Option
from avio.wire.params import LIVE, Params
from avio.wire.results import Outcome
from avio.wire.states import State


class Asked(Shape):
    """A part of a request. JSON names are camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    @field_validator("*", mode="before")
    @classmethod
    def _only_digits(cls, given: Any, info: ValidationInfo) -> Any:
        return only_digits(cls.model_fields[info.field_name or ""].annotation, given)


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
    """The path to list, and which page of it; with `sums` more directories have sums, and a page takes longer."""

    depth: Annotated[Depth, Field(ge=1)] | None = None
    sums: bool = False
    page_size: PageSize = PAGE_MAX
    page_token: PageToken | None = None


def _declared_params() -> type[Asked]:
    """Return the shape that `avio.wire.params` declares, each member after those that `related` needs for it."""
    return create_model("DeclaredParams", __base__=Asked, **_shapes(BY_DEPENDENCE))


def _live_params() -> type[Asked]:
    """Return the shape of the options that may change while a job runs."""
    nullable: dict[str, Any] = {name: (shape | None, field) for name, (shape, field) in _shapes(LIVE).items()}
    return create_model("LiveParams", __base__=Asked, **nullable)


def _shapes(names: Iterable[str]) -> dict[str, Any]:
    """Return the options of these names, each with its type and rules for pydantic."""
    types = get_type_hints(Params)
    declared = {member.name: member for member in fields(Params)}
    shapes: dict[str, Any] = {}
    for name in names:
        member = declared[name]
        rule: Option = member.metadata["option"]
        checks = Field(json_schema_extra=rule.schema()), AfterValidator(rule.checked), BeforeValidator(rule.check_count)
        shapes[name] = (_shape(types[name], checks), Field(member.default, description=rule.description))
    return shapes


def _shape(declared: Any, checks: tuple[Any, ...]) -> Any:
    """Return the type of a member with its checks. What is a tuple of texts in Python is an array in JSON."""
    if declared == tuple[str, ...]:
        return Annotated[list[Annotated[str, Strict()]], AfterValidator(tuple), *checks]
    base, *nothing = get_args(declared) or (declared,)
    kind: Any = Annotated[base, *checks, Strict(), Whole]
    return kind | None if nothing else kind


class JobParams(_declared_params()):  # type: ignore[misc]
    """The params of an order; `alluxioUri` is ignored with `fromFileList`."""

    model_config = ConfigDict(validate_default=True, json_schema_extra={"anyOf": WAYS})

    @field_validator("*")
    @classmethod
    def _related(cls, value: Any, info: ValidationInfo) -> Any:
        return related(info.field_name or "", value, info.data)

    def to_wire(self) -> Params:
        """Return the params for the rules and the job process."""
        return Params(**dict(self))


class OrderBody(Asked):
    """A preload or a save."""

    name: Line | None = None
    params: JobParams
    at: At | None = None
    after: AfterJobs | None = None


class JobBody(OrderBody):
    """A JobSpec: any type of job; `uid` of somebody else only from an admin."""

    uid: Annotated[int, Field(strict=True, ge=0, le=INT_MAX), Whole] | None = None
    type: OrderedType


class PlanBody(OrderBody):
    """What to plan: a preload (1) or a save (2), with the params of that job."""

    type: PlannedType


class FreeBody(StatQuery):
    """The path to drop from the cache; a directory needs `recursive`."""

    alluxio_uri_encoded: StrictBool = False
    recursive: StrictBool = False


class CancelBody(Asked):
    """Why. The body may be empty."""

    reason: Line | None = None


class RetryBody(Asked):
    """Whether to do those files alone that failed. The body may be empty."""

    failed: StrictBool = False


class JobChange(_live_params()):  # type: ignore[misc]
    """What to change of a job that has not ended. An absent member stays as it is; null resets it."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: Line | None = None
    labels: Labels | None = Field(None, description="Labels to set; null removes one, or in place of the map all.")

    def given(self) -> dict[str, Any]:
        """Return the members that were given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class JobsQuery(Asked):
    """Which jobs; `status` and `type` may be repeated or written with commas."""

    status: list[State] | None = None
    type: list[AnyType] | None = None
    uid: Annotated[int, Field(ge=0, le=INT_MAX)] | None = None
    name: Line | None = None
    filter: JobFilterText | None = None
    page_size: PageSize = 100
    page_token: Ulid | None = None

    @property
    def asked(self) -> JobFilter:
        """What `filter` asks for."""
        return job_filters.parse(self.filter or "")

    @field_validator("status", "type", mode="before")  # before the digits: a validator of a subclass comes first
    @classmethod
    def _split_commas(cls, given: list[str]) -> list[str]:
        if sum(text.count(",") for text in given) + len(given) > QUERY_MEMBERS_MAX:
            raise ValueError(f"has more than {QUERY_MEMBERS_MAX} values; give each once")
        return [part for text in given for part in text.split(",")]


class ReadyQuery(Asked):
    """Which part alone to ask: web can answer as long as the database does."""

    only: Literal["database"] | None = None


class UploadQuery(Asked):
    """What ends each path of a file list. Between NULs paths may have any bytes, as `find -print0` writes them.

    With json each line is an object with `path` and `version`, as in the lines of a plan.
    """

    separator: Literal["line", "nul", "json"] = "line"


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

    outcome: Outcome | None = None


class Nothing(Asked):
    """A query without members."""


class _Header(Shape):
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
