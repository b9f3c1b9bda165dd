"""What requests may carry: queries, bodies and headers, each declared once. Read by web alone.

Unknown members are refused: a typo must not preload a bucket. `avio.api.replies` has the other direction.
"""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

from avio.jobs import MAX_DEPTH, MAX_NAME
from avio.wire.orders import Params
from avio.wire.paths import canonical
from avio.wire.states import State

PAGE_MAX = 1000
WAIT_MAX = 60
INT_MAX = 2**63 - 1


def _without_controls(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("has a control character (NUL, line break, tab ...); take it out")
    return text


def _split_commas(given: Any) -> Any:
    """Members that may be repeated may as well be written `a,b`."""
    return [part for text in given for part in str(text).split(",")] if isinstance(given, list) else given


Line = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_without_controls)]
Path = Annotated[str, AfterValidator(canonical)]
Alias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
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

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the schema; the plain one, which flask-openapi3 reads at each request, is made once."""
        return super().model_json_schema(*args, **kwargs) if args or kwargs else _plain_schema(cls)


@cache
def _plain_schema(shape: type[Asked]) -> dict[str, Any]:
    return super(Asked, shape).model_json_schema()


class LoginBody(Asked):
    """Who wants in."""

    name: Line
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class StatQuery(Asked):
    """The path to look at."""

    alluxio_uri: Path


class ListQuery(StatQuery):
    """The path to look below, and which page of it."""

    depth: Annotated[Depth, Field(ge=1)] | None = None
    page_size: PageSize = PAGE_MAX
    page_token: PageToken | None = None


class JobParams(Asked):
    """The params of an order; `alluxioUri` is ignored with `fromFileList`."""

    from_file_list: StrictBool = False
    alluxio_uri: str | None = Field(None, validate_default=True, description="/path or alluxio://host:port/path")
    file_list_id: Ulid | None = Field(None, validate_default=True, description="Of POST /filelists.")
    depth: Annotated[Depth, Field(strict=True)] | None = None
    tier: Alias | None = None
    verify: Literal["size", "checksum"] = "size"
    if_full: Literal["fail", "partial"] = "fail"
    on_conflict: Literal["fail", "overwrite"] = "fail"

    @field_validator("alluxio_uri")
    @classmethod
    def _path_unless_list(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("from_file_list"):
            return None
        if value is None:
            raise ValueError("is missing; give a path, or fromFileList with a fileListId")
        return canonical(value)

    @field_validator("file_list_id")
    @classmethod
    def _list_when_asked(cls, value: str | None, info: ValidationInfo) -> str | None:
        from_list = info.data.get("from_file_list")
        if from_list and value is None:
            raise ValueError("is missing; upload the list with POST /filelists and give its fileListId")
        if value is not None and from_list is False:
            raise ValueError("has no effect without fromFileList; set that to true or leave this out")
        return value

    def to_wire(self) -> Params:
        """Return the same as the rules and the job process know it."""
        return Params(**self.model_dump())


class OrderBody(Asked):
    """A preload or a save."""

    name: Line | None = None
    params: JobParams


class JobBody(OrderBody):
    """A JobSpec: any type of job; `uid` of somebody else only from an admin."""

    uid: Annotated[int, Field(strict=True, ge=0, le=INT_MAX)] | None = None
    type: Annotated[int, Field(strict=True, ge=0, le=3, description="0 ls, 1 preload, 2 save, 3 stat")]


class FreeBody(StatQuery):
    """What to drop from the cache; a directory only with `recursive`."""

    recursive: StrictBool = False


class CancelBody(Asked):
    """Why; no body at all will do."""

    reason: Line | None = None


class JobsQuery(Asked):
    """Which jobs; `status` and `type` may be repeated or written with commas."""

    status: Annotated[list[State], BeforeValidator(_split_commas)] | None = None
    type: Annotated[list[Annotated[int, Field(ge=0, le=3)]], BeforeValidator(_split_commas)] | None = None
    uid: Annotated[int, Field(ge=0, le=INT_MAX)] | None = None
    name: Line | None = None
    page_size: PageSize = 100
    page_token: Ulid | None = None


class JobQuery(Asked):
    """How long to wait for a version after `ifVersion`; without that, for any change."""

    wait: Annotated[float, Field(ge=0, le=WAIT_MAX, allow_inf_nan=False)] = 0
    if_version: Annotated[int, Field(ge=0, le=INT_MAX)] | None = None


class ReportQuery(Asked):
    """Which lines of a report."""

    outcome: Literal["done", "skipped", "failed"] | None = None


class Nothing(Asked):
    """A query without members."""


class _Header(BaseModel):
    """Headers: those that are not ours are none of our business."""

    model_config = ConfigDict(frozen=True)


class OrderHeader(_Header):
    """What an order may carry beside its body."""

    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None = Field(
        None, alias="Idempotency-Key"
    )


class PreferHeader(OrderHeader):
    """`Prefer: respond-async` makes a job of a task."""

    prefer: str = Field("", alias="Prefer")

    @property
    def respond_async(self) -> bool:
        """Tell whether a job is asked for."""
        return any(part.strip().lower() == "respond-async" for part in self.prefer.split(","))


class EventsHeader(_Header):
    """Where a listener left off."""

    last_event_id: str = Field("", alias="Last-Event-ID")
