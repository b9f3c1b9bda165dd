"""Paths of the cached namespace: `/path` or `alluxio://host:port/path`, checked and made canonical.

Used by web, the job process and the engines. A path that passes this check never leaves its mount.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from avio.wire.digits import PORT

MAX_PATH_BYTES = 4096
MAX_PART_BYTES = 255

_CONTROLS = r"\x00-\x1f\x7f"
_NAME = rf"(?:\.{{0,2}}[^/.{_CONTROLS}][^/{_CONTROLS}]*|\.{{3}}[^/{_CONTROLS}]*)"
_URI_NAME = rf"(?:\.{{0,2}}[^/.?#{_CONTROLS}][^/?#{_CONTROLS}]*|\.{{3}}[^/?#{_CONTROLS}]*)"
_ADDRESS = rf"[A-Za-z0-9._~-]+(?::{PORT})?"
# One master or several, each with its port; before them a user, or `zk@` for ZooKeeper's addresses.
_AUTHORITY = rf"(?:[A-Za-z0-9._~-]+@)?{_ADDRESS}(?:[,;+]{_ADDRESS})*"
_HOST = rf"alluxio://{_AUTHORITY}"

# The texts that `canonical` takes, but for their lengths: a regular expression of JSON Schema, without ^ and $.
PATTERN = rf"(?:/+(?:{_NAME}(?:/+{_NAME})*/*)?|{_HOST}(?:/+{_URI_NAME})*/*)"


class PathError(ValueError):
    """The path is invalid. The message says why and what to do."""


class NeedsEncoding(PathError):
    """The path must be percent-encoded. `what` says why, for places where it can't be."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.what = what


def canonical(text: str, *, any_name: bool = False) -> str:
    """Return the canonical `/a/b` of a path or `alluxio://` URI, or raise `PathError`.

    Repeated and trailing slashes are dropped; `/` is the root. `.` and `..` are refused rather than
    resolved: such a path is a mistake or an attack. With `any_name`, names may have control characters, and a lone
    surrogate for each byte that is not UTF-8.
    """
    if not text:
        raise PathError("is empty; give a path such as /data/train")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise PathError(f"is longer than {MAX_PATH_BYTES} bytes; give a shorter path")
    if "\0" in text:
        raise PathError("has a NUL, a control character that no name can have; remove it")
    if not any_name and any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise NeedsEncoding("has a control character (line break, tab ...)", "remove it, or percent-encode the path")
    if not (is_bytes(text) if any_name else is_text(text)):
        raise NeedsEncoding("is not valid UTF-8", "percent-encode the path")
    path = _absolute(text)
    parts = [part for part in path.split("/") if part]
    for part in parts:
        if part in (".", ".."):
            raise PathError(f"has a '{part}' part; write the full path")
        if len(part.encode("utf-8", "surrogateescape")) > MAX_PART_BYTES:
            raise PathError(f"has a name of more than {MAX_PART_BYTES} bytes; give a shorter one")
    return "/" + "/".join(parts)


def is_text(text: str) -> bool:
    """Return True if `text` is valid UTF-8."""
    return text.isascii() or not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def is_bytes(text: str) -> bool:
    """Return True if `text` stands for bytes: each lone surrogate is one byte that is not UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
    except UnicodeEncodeError:
        return False


def shown_path(path: str) -> str:
    """Return `path` as JSON and databases take it: as it is, or in percent form if it is not UTF-8.

    In percent form each byte that is not UTF-8 is `%XX`, and a literal `%` is `%25`.
    """
    if is_text(path):
        return path
    return "".join(
        f"%{ord(each) - 0xDC00:02X}" if 0xDC80 <= ord(each) <= 0xDCFF else "%25" if each == "%" else each
        for each in path
    )


def encoded(path: str) -> str:
    """Return the percent-encoded form of any path, in ASCII."""
    return quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/")


def decoded(text: str, *, encoded: bool) -> str:
    """Return the path of a percent-encoded text; if `encoded` is False, `text` itself."""
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape") if encoded else text


def spelled(path: str) -> tuple[str, bool]:
    """Return how a request writes `path`, and True if that is its percent-encoded form."""
    if is_text(path) and not any(ord(each) < 32 or ord(each) == 127 for each in path):
        return path, False
    return encoded(path), True


def respelled(text: str) -> str:
    """Return the canonical percent-encoded form of a percent-encoded path. Raise PathError as `canonical`."""
    return encoded(canonical(decoded(text, encoded=True), any_name=True))


def _absolute(text: str) -> str:
    """Return the path of a text that begins with a slash, or is an `alluxio://` URI."""
    path = _without_authority(text) if text.startswith("alluxio://") else text
    if path.startswith("/"):
        return path
    if "://" in path:
        raise PathError("is a URL of a store; give the path at which it is mounted, as avio ls / shows")
    raise PathError("is not absolute; start it with / or alluxio://host:port/")


def _without_authority(uri: str) -> str:
    if "?" in uri:
        raise PathError("has a '?', which begins a query; rename the file")
    if "#" in uri:
        raise PathError("has a '#', which begins a fragment; give the plain path")
    authority, slash, path = uri.removeprefix("alluxio://").partition("/")
    if not authority:
        raise PathError("names no host; write alluxio://host:port/path or /path")
    if not re.fullmatch(_AUTHORITY, authority):
        raise PathError("has an invalid host; write alluxio://host:port/path, with a port from 1 to 65535, or /path")
    return slash + path or "/"


def is_under(path: str, root: str) -> bool:
    """Return True if canonical `path` is `root` or is below it."""
    return root == "/" or path == root or path.startswith(root + "/")


def ancestors(path: str) -> list[str]:
    """Return `/`, every directory above canonical `path`, and `path` itself."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[:count]) for count in range(len(parts) + 1)]


def depth_below(path: str, root: str) -> int:
    """Count the levels of canonical `path` below `root`: a direct child has 1, `root` itself 0."""
    return len([part for part in path.split("/") if part]) - len([part for part in root.split("/") if part])
