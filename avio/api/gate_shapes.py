"""The shapes of `GET /wait`: what it asks, and what it replies. Run by web alone."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from avio.api.request_fields import WAIT_MAX
from avio.api.requests import StatQuery
from avio.api.responses import EntryInfo
from avio.api.shapes import Reply
from avio.wire import conditions


class WaitQuery(StatQuery):
    """The path to wait for, and what for. `missing` says whether a path that is not there is an error."""

    until: Annotated[
        str,
        Field(min_length=1, max_length=conditions.MAX_CHARACTERS, description="Such as `cached>=95%,saved`."),
        AfterValidator(lambda text: str(conditions.parse(text))),
    ]
    wait: Annotated[float, Field(ge=0, le=WAIT_MAX, allow_inf_nan=False)] = 30
    missing: Literal["error", "wait"] = "error"

    @property
    def condition(self) -> conditions.Condition:
        """What `until` says."""
        return conditions.parse(self.until)


class WaitInfo(Reply):
    """How a path stood at the last look, which its waiters share. Unknown figures meet no term."""

    path: str
    until: str
    met: bool
    unmet: list[str] = Field(description="The terms of `until` that are not met, as far as is known.")
    look_time: str | None = Field(description="Null: no look has ended yet.")
    entry: EntryInfo | None = Field(description="Null: nothing is known, or the path is not there.")
