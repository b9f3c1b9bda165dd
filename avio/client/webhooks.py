"""`Webhooks`: the calls of the API about the user's webhook, each a method. `Client.webhooks` has them."""

from collections.abc import Iterable
from typing import cast

from avio.client.transport import Transport
from avio.client.webhook_shapes import DeliveryPage, Webhook


class Webhooks:
    """Every method raises ApiError or Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> Webhook:
        """Return the user's webhook, without its secret."""
        return cast(Webhook, self._transport.call("GET", "/me/webhook", repeatable=True))

    def set(self, url: str | None, ends: Iterable[str] = (), *, new_secret: bool = False) -> Webhook:
        """Tell `url` of these `ends` of the user's jobs, by default of all. Return it, with a secret that was made."""
        body = {"url": url, **({"on": on} if (on := list(ends)) else {}), "newSecret": new_secret}
        return cast(Webhook, self._transport.call("PUT", "/me/webhook", repeatable=False, json=body))

    def delete(self) -> None:
        """Delete the user's webhook and its secret."""
        self._transport.call("DELETE", "/me/webhook", repeatable=False)

    def deliveries(self, *, job_id: str | None = None, page_token: str | None = None) -> DeliveryPage:
        """Return one page of what was told of the ends of the user's jobs, newest job first; or of one job."""
        query = {name: value for name, value in (("job", job_id), ("pageToken", page_token)) if value is not None}
        return cast(DeliveryPage, self._transport.call("GET", "/me/deliveries", repeatable=True, params=query))
