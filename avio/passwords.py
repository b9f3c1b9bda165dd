"""Passwords and login tokens: argon2id hashes, random tokens, their digests.

Used by web and admin. At most `MAX_HASHES` hash runs at once in a process: each takes tens of milliseconds and 64 MiB.
"""

import hashlib
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from avio.errors import TooMany

TOKEN_PREFIX = "avs1_"  # noqa: S105 - tells what it is, opens nothing
MAX_HASHES = 2
WAIT_SECONDS = 5
MAX_PASSWORD = 1024

_hasher = PasswordHasher()
_runs = BoundedSemaphore(MAX_HASHES)

# Verified against when there is no such user, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`, in PHC string format."""
    with _Turn():
        return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether `password` belongs to the hash; None, for no such user, takes as long and is False."""
    with _Turn():
        try:
            return _hasher.verify(password_hash or _NOBODY, password[:MAX_PASSWORD]) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


class _Turn:
    """One of the few places in which a hash may run; TooMany when none is free in time."""

    def __enter__(self) -> None:
        if not _runs.acquire(timeout=WAIT_SECONDS):
            raise TooMany("too many logins at once", cure="try again in a few seconds", retry_after=WAIT_SECONDS)

    def __exit__(self, *_: object) -> None:
        _runs.release()


def new_token() -> str:
    """Return a fresh login token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex: all that is ever kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()
