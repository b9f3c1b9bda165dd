"""Queries on login tokens, which are kept as SHA-256 digests only. Used by web and admin."""

from dataclasses import dataclass

from avio.db.models import Token
from avio.db.sql import change, now, row


@dataclass(frozen=True, slots=True)
class Login:
    """Whose a token is and whether it still holds; times in epoch seconds."""

    uid: int
    name: str
    admin: bool
    expires_at: float
    expired: bool
    revoked: bool


def add(digest: str, uid: int, ttl: float) -> float:
    """Keep a new token for `ttl` seconds and return when it expires."""
    created = now()
    Token.create(digest=digest, uid=uid, created_at=created, expires_at=created + ttl)
    return created + ttl


def look_up(digest: str) -> Login | None:
    """Return the login of a token, whether it still holds or not; None when there never was one."""
    found = row(
        "SELECT u.uid, u.name, u.admin, t.expires_at, t.expires_at <= {now},"
        " (t.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL)"
        " FROM tokens t JOIN users u ON u.uid = t.uid WHERE t.digest = ?",
        digest,
    )
    if found is None:
        return None
    uid, name, admin, expires_at, expired, revoked = found
    return Login(uid, name, bool(admin), expires_at, bool(expired), bool(revoked))


def revoke(digest: str) -> bool:
    """Take one token back; False when it is unknown or revoked already."""
    return change("UPDATE tokens SET revoked_at = {now} WHERE digest = ? AND revoked_at IS NULL", digest) > 0


def revoke_like(prefix: str) -> int:
    """Take back the tokens whose digest begins with `prefix` (what `avio-server token list` shows)."""
    return change(
        "UPDATE tokens SET revoked_at = {now} WHERE substr(digest, 1, ?) = ? AND revoked_at IS NULL",
        len(prefix),
        prefix,
    )


def newest(uid: int | None = None, limit: int = 100) -> list[Token]:
    """Return tokens, newest first, of one user or of all."""
    query = Token.select().order_by(Token.created_at.desc()).limit(limit)
    return list(query if uid is None else query.where(Token.uid == uid))


def forget_old(before: float) -> int:
    """Delete tokens that expired before epoch second `before`; return how many."""
    return change("DELETE FROM tokens WHERE expires_at < ?", before)
