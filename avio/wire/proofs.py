"""The proof that an event comes from its attempt: an HMAC-SHA256 of its text, by a key that only the attempt has.

Whoever may add to the stream could otherwise tell of any job. Standard library only.
"""

import hmac
import secrets

KEY_BYTES = 32
KEY_NAME = "event.key"  # the file in the attempt's directory: keeper, whose memory all jobs share, never sees the key


def new_key() -> str:
    """Return a new key, in hex."""
    return secrets.token_hex(KEY_BYTES)


def proof(key: str, text: bytes) -> str:
    """Return the proof of an event's `text`, in hex."""
    return hmac.digest(key.encode(), text, "sha256").hex()


def proves(found: bytes, key: str, text: bytes) -> bool:
    """Return True if `found` is the proof of `text` by `key`."""
    return hmac.compare_digest(found, proof(key, text).encode())
