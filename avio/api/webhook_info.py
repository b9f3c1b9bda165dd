"""Webhooks and what was told to them as the JSON of the API, in the shapes of `avio.api.webhook_shapes`."""

from datetime import timezone
from typing import Any

from avio.clock import rfc3339
from avio.rules.types import Delivery, Webhook
from avio.wire.webhook_urls import shown_url


def webhook_info(webhook: Webhook, secret: str | None, zone: timezone) -> dict[str, Any]:
    """Return a WebhookInfo."""
    return {
        "url": webhook.url and shown_url(webhook.url),
        "on": webhook.states.split(","),
        "createTime": rfc3339(webhook.created_at, zone),
        "updateTime": rfc3339(webhook.updated_at, zone),
        "secret": secret,
    }


def delivery_info(delivery: Delivery, zone: timezone) -> dict[str, Any]:
    """Return a DeliveryInfo."""
    return {
        "job": delivery.job_id,
        "status": "pending" if delivery.ended_at is None else "delivered" if delivery.delivered else "failed",
        "tries": delivery.tries,
        "url": delivery.url,
        "code": delivery.code,
        "error": delivery.error,
        "createTime": rfc3339(delivery.created_at, zone),
        "nextTime": rfc3339(delivery.next_at, zone),
        "endTime": rfc3339(delivery.ended_at, zone),
    }
