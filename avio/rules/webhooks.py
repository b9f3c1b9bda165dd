"""The rules of webhooks: every user has one, with a secret that signs all deliveries, and sees the log of these.

Used by web.
"""

from collections.abc import Sequence

from avio.config.networks import is_allowed
from avio.db import deliveries, webhooks
from avio.db.connection import borrow
from avio.db.order_models import Delivery, Webhook
from avio.errors import BadRequest, FieldError, NotFound
from avio.rules.callers import Caller
from avio.wire.signatures import new_secret
from avio.wire.states import TERMINAL, State
from avio.wire.webhook_urls import literal_address, require_url

# All ends, in the order of the enum.
ENDS = tuple(state for state in State if state in TERMINAL)

_CURE = "avio notify set URL sets one"


def get(caller: Caller) -> Webhook:
    """Return the webhook of the caller. Raise NotFound if there is none."""
    with borrow():
        found = webhooks.find(caller.uid)
    if found is None:
        raise NotFound("you have no webhook", cure=_CURE)
    return found


def put(
    caller: Caller, url: str | None, states: Sequence[State], networks: Sequence[str], *, new: bool = False
) -> tuple[Webhook, str | None]:
    """Set the caller's webhook. Return it, and its secret if one was made: for the first one, or with `new`.

    Without a URL only jobs with a webhook of their own are told of. Raise BadRequest for a URL that is refused.
    """
    if url is not None and (why := refusal(url, networks)):
        raise BadRequest("the webhook is invalid", [FieldError("url", why)])
    secret = new_secret()
    with borrow():
        found = webhooks.put(caller.uid, url, ",".join(sorted(set(states), key=ENDS.index)), secret, renew=new)
    return found, secret if found.secret == secret else None


def delete(caller: Caller) -> None:
    """Delete the caller's webhook and its secret: nothing more is sent. Raise NotFound if there is none."""
    with borrow():
        if not webhooks.delete(caller.uid):
            raise NotFound("you have no webhook", cure=_CURE)


def log(
    caller: Caller, size: int, after: str | None = None, job: str | None = None
) -> tuple[list[Delivery], str | None]:
    """Return a page of the caller's deliveries, newest job first, and the job after which the next page begins."""
    with borrow():
        page = deliveries.page(caller.uid, size + 1, after, job)
    return page[:size], page[size - 1].job_id if len(page) > size else None


def require_signed(uid: int, url: str | None, networks: Sequence[str]) -> None:
    """Raise BadRequest if a job of `uid` can't have the webhook `url`: it is refused, or no secret can sign for it."""
    if url is None:
        return
    why = refusal(url, networks)
    if not why and webhooks.find(uid) is None:
        why = "needs a secret of the user, which signs what is sent; make one with PUT /me/webhook"
    if why:
        raise BadRequest("the job request is invalid", [FieldError("params.notify", why)])


def refusal(url: str, networks: Sequence[str]) -> str:
    """Return why a URL is refused; "" if it is not. What a name leads to is looked at before each delivery."""
    try:
        require_url(url)
    except ValueError as error:
        return str(error)
    address = literal_address(url)
    if address is None or is_allowed(address, networks):
        return ""
    return f"names {address}, which is not a public address; ask an admin for the setting webhook_networks"
