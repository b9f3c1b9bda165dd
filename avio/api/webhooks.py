"""The webhook of the caller, and the log of what was sent to it."""

from typing import Any

from avio.api.auth import caller
from avio.api.blueprints import blueprint, may_be_empty, problems
from avio.api.requests import Nothing
from avio.api.services import services
from avio.api.webhook_info import delivery_info, webhook_info
from avio.api.webhook_shapes import DeliveriesQuery, DeliveryPage, WebhookBody, WebhookInfo
from avio.rules import webhooks as rules

webhooks = blueprint("webhooks")


@webhooks.get("/me/webhook", responses={200: WebhookInfo, **problems(404)})
def get(query: Nothing) -> dict[str, Any]:
    """Return the caller's webhook, without its secret."""
    return webhook_info(rules.get(caller()), None, services().zone)


@webhooks.put(
    "/me/webhook", responses={200: WebhookInfo, **problems(413, 415)}, request_body=may_be_empty("WebhookBody")
)
def put(query: Nothing, body: WebhookBody) -> dict[str, Any]:
    """Set the caller's webhook. The reply has the secret if one was made."""
    networks = services().settings.webhook_networks
    found, secret = rules.put(caller(), body.url, body.on, networks, new=body.new_secret)
    return webhook_info(found, secret, services().zone)


@webhooks.delete("/me/webhook", responses={204: None, **problems(404)})
def delete(query: Nothing) -> tuple[str, int]:
    """Delete the caller's webhook and its secret."""
    rules.delete(caller())
    return "", 204


@webhooks.get("/me/deliveries", responses={200: DeliveryPage})
def deliveries(query: DeliveriesQuery) -> dict[str, Any]:
    """List what was told of the ends of the caller's jobs, newest job first."""
    page, after = rules.log(caller(), query.page_size, query.page_token, query.job)
    return {
        "deliveries": [delivery_info(each, services().zone) for each in page],
        "nextPageToken": after,
    }
