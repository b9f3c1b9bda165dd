"""The replies about webhooks, as TypedDicts. Standard library only."""

from typing import TypedDict


class Webhook(TypedDict):
    """Where the ends of a user's jobs are told; the secret is there once, when it was made."""

    url: str | None
    on: list[str]
    createTime: str
    updateTime: str
    secret: str | None


class Delivery(TypedDict):
    """The end of a job that is told to a webhook, and how the newest try went."""

    job: str
    status: str
    tries: int
    url: str | None
    code: int | None
    error: str
    createTime: str
    nextTime: str | None
    endTime: str | None


class DeliveryPage(TypedDict):
    """Some deliveries, newest job first."""

    deliveries: list[Delivery]
    nextPageToken: str | None
