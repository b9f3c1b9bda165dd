"""Queries on the webhooks of users. Written and read by web, read by the aggregator.

The secret is kept as it is: both sides of a signature need it.
"""

from avio.db.connection import transaction
from avio.db.order_models import Webhook
from avio.db.sql import change


def find(uid: int) -> Webhook | None:
    """Return the webhook of a user, or None."""
    found: Webhook | None = Webhook.get_or_none(Webhook.uid == uid)
    return found


def put(uid: int, url: str | None, states: str, secret: str, *, renew: bool) -> Webhook:
    """Set the webhook of a user. `secret` is for a new one; with `renew` it takes the place of the old one, too."""
    with transaction():
        change(
            "INSERT INTO webhooks (uid, url, states, secret, created_at, updated_at) VALUES (?, ?, ?, ?, {now}, {now})"
            " ON CONFLICT (uid) DO UPDATE SET url = excluded.url, states = excluded.states,"
            " updated_at = excluded.updated_at",
            uid,
            url,
            states,
            secret,
        )
        if renew:
            change("UPDATE webhooks SET secret = ?, created_at = {now} WHERE uid = ?", secret, uid)
        found: Webhook = Webhook.get_by_id(uid)
    return found


def delete(uid: int) -> bool:
    """Delete the webhook of a user. Return False if there is none."""
    return change("DELETE FROM webhooks WHERE uid = ?", uid) > 0
