"""Passwords and login tokens: argon2id hashes, random tokens, their digests.

Used by web and admin. A process runs at most `MAX_HASHES` hashes at once, in threads of their own with less right to
a processor than those of requests: each hash takes tens of milliseconds and 64 MiB.
"""

import base64
import hashlib
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from avio.errors import BadRequest, FieldError, TooMany

TOKEN_PREFIX = "avs1_"  # noqa: S105 - a public prefix, not a secret
MAX_HASHES = 2
WAIT_SECONDS = 4  # for a hash, and for those before it
NICENESS = 10  # of the threads that hash, above that of the process
MIN_PASSWORD = 8  # characters
MAX_PASSWORD = 1024

T = TypeVar("T")

_hasher = PasswordHasher()


def _give_way() -> None:
    """Let all other threads go first. The threads of argon2 inherit this."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


_pool = ThreadPoolExecutor(MAX_HASHES, "password", initializer=_give_way)


def _random_hash() -> str:
    """Return what looks like a hash of `_hasher`. To verify against it costs as much; to make it costs nothing."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


# For an unknown user the password is verified against this hash, so that the answer takes as long.
_NOBODY = _random_hash()


def require_long(password: str) -> None:
    """Raise BadRequest if `password` is too short for a user."""
    if len(password) < MIN_PASSWORD:
        message = f"the password has fewer than {MIN_PASSWORD} characters"
        raise BadRequest(message, [FieldError("password", message)], cure="choose a longer one")


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`, in PHC string format."""
    return _hashed(lambda: _hasher.hash(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Return True if `password` matches the hash. None (unknown user) takes as long and returns False."""
    try:
        matches = _hashed(lambda: _hasher.verify(password_hash or _NOBODY, password[:MAX_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


def _hashed(work: Callable[[], T]) -> T:
    """Return what `work` returns, in a thread of the pool. Raise TooMany if its turn does not come soon."""
    done = _pool.submit(work)
    try:
        return done.result(WAIT_SECONDS)
    except TimeoutError:
        if not done.cancel():  # it has begun, and a busy machine is slow
            return done.result()
        raise TooMany("too many logins at once", cure="try again in a few seconds", retry_after=WAIT_SECONDS) from None


def new_token() -> str:
    """Return a new login token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex. The database keeps this digest alone."""
    return hashlib.sha256(token.encode()).hexdigest()
