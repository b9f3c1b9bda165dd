"""Refuses paths that Alluxio can't address. It takes the text after a `?` for a query, and uses another file.

Used in web and the job process. Opens nothing.
"""

from avio.errors import EngineError


class Unaddressable(EngineError):
    """The path has a `?`. Asked for `/a/q?x`, Alluxio answers for `/a/q`."""

    reason = "PATH_REFUSED"
    status = 400
    cure = "rename the file: Alluxio can't address a name with '?'"


def addressable(path: str) -> str:
    """Return `path`. Raise Unaddressable if Alluxio would use another path."""
    if "?" in path:
        raise Unaddressable(f"{path} has a '?': Alluxio would use {path.partition('?')[0]}")
    return path
