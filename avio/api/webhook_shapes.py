"""The shapes of requests and replies about webhooks. Used by web alone."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool

from avio.api.request_fields import PageSize, Ulid
from avio.api.requests import Asked
from avio.api.shapes import Reply
from avio.rules.webhooks import ENDS
from avio.wire.states import State
from avio.wire.webhook_urls import require_url

End = Literal[ENDS]  # type: ignore[valid-type]


class WebhookBody(Asked):
    """Where the ends of the caller's jobs are told, and which; `newSecret` makes another secret."""

    url: Annotated[str, AfterValidator(require_url)] | None = None
    on: Annotated[list[End], Field(min_length=1, max_length=len(ENDS))] = Field(
        default_factory=lambda: [*ENDS], description="The ends that are told; absent means all."
    )
    new_secret: StrictBool = False


class DeliveriesQuery(Asked):
    """Which page of the deliveries, or the one of a job."""

    job: Ulid | None = None
    page_size: PageSize = 100
    page_token: Ulid | None = None


class WebhookInfo(Reply):
    """The webhook of a user. `secret` is there once, when it was made; `url` has no query."""

    url: str | None
    on: list[State]
    create_time: str
    update_time: str
    secret: str | None


class DeliveryInfo(Reply):
    """The end of a job that is told to a webhook: how often it was tried, and how the newest try went."""

    job: str
    status: Literal["pending", "delivered", "failed"]
    tries: int
    url: str | None
    code: int | None
    error: str
    create_time: str
    next_time: str | None
    end_time: str | None


class DeliveryPage(Reply):
    """A page of deliveries, newest job first."""

    deliveries: list[DeliveryInfo]
    next_page_token: str | None
