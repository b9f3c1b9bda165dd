"""Signatures of webhooks, as https://www.standardwebhooks.com describes them. Standard library only.

Web makes the secret of a user, the aggregator signs with it.
"""

import hmac
import secrets
from base64 import b64decode, b64encode

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: HMAC-SHA256 over id, time in epoch seconds, and body."""
    key = b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
