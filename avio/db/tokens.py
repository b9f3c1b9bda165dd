"""Queries on login tokens. The table has SHA-256 digests only. Used by web and admin."""

from dataclasses import dataclass, field

from avio.db.models import Token
from avio.db.sql import change, now, row, rows

# A token with less than this share of its time left is renewed: not each time, since that is a write.
RENEW_SHARE = 2 / 3


@dataclass(frozen=True, slots=True)
class Login:
    """The user of a token, and whether the token is still valid. Times in epoch seconds, `left` in seconds."""

    uid: int
    name: str
    admin: bool
    expires_at: float
    expired: bool
    revoked: bool
    created_at: float = field(default=0.0, compare=False)
    left: float = field(default=0.0, compare=False)
    may_overtake: bool = False

    def is_worn(self, ttl: float, max_age: float) -> bool:
        """Return True if a renewal by `ttl` seconds is due, and possible within `max_age` seconds of the login."""
        valid = not self.expired and not self.revoked
        return valid and self.left < RENEW_SHARE * ttl and self.expires_at < self.created_at + max_age


def add(digest: str, uid: int, ttl: float) -> float:
    """Keep a new token for `ttl` seconds and return when it expires."""
    created = now()
    Token.create(digest=digest, uid=uid, created_at=created, expires_at=created + ttl)
    return created + ttl


def look_up(digest: str) -> Login | None:
    """Return the login of a token, valid or not, or None if the token is unknown."""
    found = row(
        "SELECT u.uid, u.name, u.admin, t.expires_at, t.expires_at <= {now},"
        " (t.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL), t.created_at, t.expires_at - {now}, u.may_overtake"
        " FROM tokens t JOIN users u ON u.uid = t.uid WHERE t.digest = ?",
        digest,
    )
    if found is None:
        return None
    uid, name, admin, expires_at, expired, revoked, created_at, left, may_overtake = found
    return Login(uid, name, bool(admin), expires_at, bool(expired), bool(revoked), created_at, left, bool(may_overtake))


def renew(digest: str, ttl: float, max_age: float) -> bool:
    """Let a valid token expire in `ttl` seconds, at most `max_age` seconds after its login. False if it is invalid."""
    renewed = change(
        "UPDATE tokens SET expires_at ="
        " CASE WHEN {now} + ? > created_at + ? THEN created_at + ? ELSE {now} + ? END"
        " WHERE digest = ? AND revoked_at IS NULL AND expires_at > {now}",
        ttl,
        max_age,
        max_age,
        ttl,
        digest,
    )
    return renewed > 0


def revoke(digest: str) -> bool:
    """Revoke one token. Return False if it is unknown or revoked already."""
    return change("UPDATE tokens SET revoked_at = {now} WHERE digest = ? AND revoked_at IS NULL", digest) > 0


def revoke_like(prefix: str) -> int:
    """Revoke the tokens whose digest begins with `prefix` (as `avio-server token list` shows it)."""
    return change(
        "UPDATE tokens SET revoked_at = {now} WHERE substr(digest, 1, ?) = ? AND revoked_at IS NULL",
        len(prefix),
        prefix,
    )


def newest(uid: int | None = None, limit: int = 100) -> list[Token]:
    """Return tokens, newest first, of one user or of all."""
    query = Token.select().order_by(Token.created_at.desc()).limit(limit)
    return list(query if uid is None else query.where(Token.uid == uid))


def forget_expired(age: float, limit: int) -> int:
    """Delete up to `limit` tokens that expired `age` seconds ago. Return the number."""
    forgotten = rows(
        # In a plain subquery, PostgreSQL may take `limit` tokens again for each row of the table.
        "WITH expired AS MATERIALIZED"
        " (SELECT digest FROM tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ? {skip_locked})"
        " DELETE FROM tokens WHERE digest IN (SELECT digest FROM expired) RETURNING 1",
        now() - age,
        limit,
    )
    return len(forgotten)
