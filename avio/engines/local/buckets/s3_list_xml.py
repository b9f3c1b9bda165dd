"""Reads one page of a listing: the XML of S3's ListObjectsV2. Pure. Used in web and the job process.

It trusts nothing: a page that lacks a part of its answer is refused, since it may hide files.
"""

import html
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus
from xml.etree.ElementTree import Element, ParseError, XMLParser

from avio.engines.local.buckets.s3_usual_page import Fields, split_page
from avio.engines.local.buckets.versions import normal_etag

_TOKEN = b"<NextContinuationToken>"

LOST = "\udcfe\udcfe"  # stands for a character of a key that can't be read: bytes that no UTF-8 has
SHOWN_LOST = "\ufffd"  # what stores write for such a character, if they don't encode keys; a key may have it, too

MAX_OBJECT_BYTES = 2**63 - 1  # that books and databases take

# Numbers of characters that XML 1.0 forbids, although keys may have them; and those characters themselves.
_FORBIDDEN = re.compile(
    r"&#(?:x0*(?:[0-8bce-f]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]",
    re.IGNORECASE,
)

# Key, size in bytes, mtime in nanoseconds, etag: a `Source` as a plain tuple, since there are very many.
Row = tuple[str, int, int, str | None]


class NotAListing(Exception):
    """The body is not a complete page of a listing. The text says what it lacks."""


class Unparsable(NotAListing):
    """The body is no XML, perhaps because a key has a character that XML forbids."""


class ListPage(NamedTuple):
    """A page: whose it is, its objects and common prefixes, and the token of the next page if there is one."""

    bucket: str
    prefix: str
    rows: list[Row]
    prefixes: list[str]
    token: str | None
    lossy: bool = False  # some keys have `LOST`
    archived: Sequence[str] = ()  # the keys of objects that must be restored first


def read_page(body: bytes) -> ListPage:
    """Return the page. Raise NotAListing."""
    if (usual := split_page(body)) is not None:
        fields, rest = usual
        root = _parsed(rest.encode())
        if len(root.findall(_space(root) + "Contents")) == 1:
            return _page(root, fields)
    return _page(_parsed(body))


def likely_token(body: bytes) -> str | None:
    """Return the token of the next page as far as that is known before the page is read: it may be another, or none."""
    _, tag, rest = body.rpartition(_TOKEN)
    return html.unescape(rest.partition(b"<")[0].decode("utf-8", "replace")) if tag else None


def repaired(body: bytes) -> ListPage:
    """Return the page with `LOST` for each character that can't be read. Raise NotAListing."""
    text = _FORBIDDEN.sub(SHOWN_LOST, body.decode("utf-8", "replace"))
    return _page(_parsed(text.encode()))


def _parsed(body: bytes) -> Element:
    if b"<!DOCTYPE" in body or b"<!doctype" in body:  # it may define entities that grow without end
        raise NotAListing("a document with a DOCTYPE, such as HTML")
    parser = XMLParser(encoding="utf-8")  # noqa: S314  # UTF-8 without DOCTYPE has no entities of its own
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise Unparsable(f"no XML ({error})") from None
    return root


def _space(root: Element) -> str:
    """Return what stands before each tag: the namespace in braces, or nothing."""
    space, brace, _ = root.tag.rpartition("}")
    return space + brace


def _page(root: Element, usual: Fields | None = None) -> ListPage:
    """Return the page. `usual` has its objects, if `root` has only a place for them."""
    space = _space(root)
    name = root.tag.removeprefix(space)
    if name != "ListBucketResult":
        raise NotAListing(f"<{name[:50]}> instead of <ListBucketResult>")
    truncated = (root.findtext(space + "IsTruncated") or "").strip().lower()
    if truncated not in ("true", "false"):
        raise NotAListing("no IsTruncated: nothing says whether more follows")
    token = root.findtext(space + "NextContinuationToken") if truncated == "true" else None
    if truncated == "true" and not token:
        raise NotAListing("IsTruncated without NextContinuationToken: the rest can't be asked for")
    rows = _rows(_fields(root, space) if usual is None else usual)
    prefixes = [each.findtext(space + "Prefix") or "" for each in root.iterfind(space + "CommonPrefixes")]
    prefix = root.findtext(space + "Prefix") or ""
    lossy = SHOWN_LOST in "".join([*(row[0] for row in rows), *prefixes])
    if lossy:
        rows = [(row[0].replace(SHOWN_LOST, LOST), *row[1:]) for row in rows]
        prefixes = [each.replace(SHOWN_LOST, LOST) for each in prefixes]
    if root.findtext(space + "EncodingType") == "url":
        rows, prefixes, prefix = _decoded(rows, prefixes, prefix)
    return ListPage(root.findtext(space + "Name") or "", prefix, rows, prefixes, token, lossy)


def _fields(root: Element, space: str) -> Fields:
    key, time, etag, size = (space + name for name in ("Key", "LastModified", "ETag", "Size"))

    def text(each: Element, tag: str) -> str:
        return each.findtext(tag) or ""

    found = root.iterfind(space + "Contents")
    return [("", text(each, key), text(each, time), text(each, etag), _digits(text(each, size))) for each in found]


def _rows(fields: Fields) -> list[Row]:
    rows: list[Row] = []
    for _, key, modified, etag, size in fields:
        if not key or not size or not modified or len(size) > 19 or int(size) > MAX_OBJECT_BYTES:
            raise NotAListing(f"an object without Key, LastModified or a valid Size: {key!r}")
        try:
            rows.append((key, int(size), _mtime_ns(modified), etag if etag[:1] == '"' else normal_etag(etag)))
        except ValueError:
            raise NotAListing(f"an object of the time {modified[:50]!r}: {key!r}") from None
    return rows


def _digits(text: str) -> str:
    """Return `text` if it is a number, else nothing: `int` takes more than digits."""
    return text if text.isascii() and text.isdigit() else ""


@lru_cache(maxsize=4096)
def _mtime_ns(text: str) -> int:
    fraction = text[19:]
    if not fraction.endswith("Z") or fraction[:1] not in (".", "Z"):
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
    return _epoch(text[:19]) * 1_000_000_000 + int((fraction[1:-1] + "000000")[:6]) * 1000


@lru_cache(maxsize=4096)
def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


def _decoded(rows: list[Row], prefixes: list[str], prefix: str) -> tuple[list[Row], list[str], str]:
    """Undo the encoding. A plus is a space, unless the store writes %20 for spaces."""
    plain = any("%20" in row[0] for row in rows)
    decode = unquote if plain else unquote_plus

    def text(encoded: str) -> str:
        return decode(encoded, errors="surrogateescape")

    return [(text(row[0]), *row[1:]) for row in rows], [text(each) for each in prefixes], text(prefix)
