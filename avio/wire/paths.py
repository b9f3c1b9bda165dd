"""Paths of the cached namespace: `/path` or `alluxio://host:port/path`, checked and made canonical.

Read by web, the job process and the engines. A path that passes here never leaves its mount.
"""

from urllib.parse import urlsplit

MAX_PATH_BYTES = 4096
MAX_PART_BYTES = 255


class PathError(ValueError):
    """A path that is refused; the message says what is wrong and what to give instead."""


def canonical(text: str) -> str:
    """Return the canonical `/a/b` of a path or `alluxio://` URI, or raise `PathError`.

    Repeated and trailing slashes are dropped; `/` is the root. `.` and `..` are refused rather than
    resolved: a path that means another than it says is a mistake or an attack.
    """
    if not text:
        raise PathError("is empty; give a path such as /data/train")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise PathError(f"is longer than {MAX_PATH_BYTES} bytes; give a shorter path")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise PathError("has a control character (NUL, line break, tab ...); take it out")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise PathError("is not valid UTF-8; rename the file")
    path = _without_authority(text) if text.startswith("alluxio://") else text
    if not path.startswith("/"):
        raise PathError("is not absolute; begin it with / or alluxio://host:port/")
    parts = [part for part in path.split("/") if part]
    for part in parts:
        if part in (".", ".."):
            raise PathError(f"has a '{part}' part; write the path out")
        if len(part.encode()) > MAX_PART_BYTES:
            raise PathError(f"has a name of more than {MAX_PART_BYTES} bytes; give a shorter one")
    return "/" + "/".join(parts)


def _without_authority(uri: str) -> str:
    if "?" in uri:
        raise PathError("has a '?'; such a name cannot be told from a query, rename the file")
    if "#" in uri:
        raise PathError("has a '#'; such a name cannot be told from a fragment, give the plain path")
    parts = urlsplit(uri)
    if not parts.netloc:
        raise PathError("names no host; write alluxio://host:port/path or /path")
    return parts.path or "/"


def is_under(path: str, root: str) -> bool:
    """Tell whether canonical `path` is `root` or lies below it."""
    return root == "/" or path == root or path.startswith(root + "/")


def depth_below(path: str, root: str) -> int:
    """Count the levels of canonical `path` below `root`: a direct child has 1, `root` itself 0."""
    return len([part for part in path.split("/") if part]) - len([part for part in root.split("/") if part])
