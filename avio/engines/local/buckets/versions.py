"""Versions of objects: one form for every ETag, and whether two descriptions mean one version.

Used in web and the job process. Pure.
"""

from avio.engines.local.buckets.base import OtherVersion, Source
from avio.errors import Corrupt

SECOND_NS = 1_000_000_000


def normal_etag(text: str | None) -> str | None:
    """Return an ETag quoted and without the mark `W/` of a weak one, or None if it is empty or absent.

    A proxy may weaken the ETags of GET and HEAD, but not those in a listing. Some stores leave out the quotes.
    """
    if text and text[0] == text[-1] == '"' and text.count('"') == 2 and len(text) > 2:
        return text  # most are: it takes a third of the time
    plain = (text or "").strip().removeprefix("W/").strip('"')
    return f'"{plain}"' if plain else None


def make_source(key: str, size: int, mtime_ns: int, etag: str | None) -> Source:
    """Return an object in normal form.

    Without an ETag only the time tells versions apart. A listing may say it in milliseconds, HEAD and GET say seconds.
    """
    etag = normal_etag(etag)
    return Source(key, size, mtime_ns if etag else mtime_ns // SECOND_NS * SECOND_NS, etag)


def same_version(now: Source, listed: Source) -> bool:
    """Return True if `now` is the version that was listed. An ETag that is missing now is a difference."""
    if now.size != listed.size:
        return False
    if listed.etag:
        return now.etag == listed.etag
    return same_second(now, listed)


def same_second(one: Source, other: Source) -> bool:
    """Return True if both were modified in the same second."""
    return one.mtime_ns // SECOND_NS == other.mtime_ns // SECOND_NS


def require_version(name: str, now: Source, kind: str, listed: Source) -> None:
    """Raise OtherVersion unless the head of a reply is that of `listed`, called `name`. A head may lack the size."""
    known = now if now.size >= 0 else now._replace(size=listed.size)
    if not same_version(known, listed):
        raise OtherVersion(
            f"{name}: listed as {described(listed.size, listed.etag)}; "
            f"the store sent {described(known.size, known.etag, kind)}"
        )


def not_the_object(sent: OtherVersion) -> Corrupt:
    """Return the error of a reply with other bytes than the object, which the store still has as it was listed."""
    return Corrupt(sent.message, cure="find what answers in the store's place, such as a proxy, then run the job again")


def described(size: int, etag: str | None, kind: str = "") -> str:
    """Return a version for people: its bytes, its ETag and its content type."""
    return f"{size} bytes, {f'ETag {etag}' if etag else 'no ETag'}{f', {kind}' if kind else ''}"
