"""Which paths Alluxio can name: it takes what follows a `?` for a query, and would touch another file.

Used in web and the job process. Opens nothing.
"""

from avio.errors import EngineError


class Unaddressable(EngineError):
    """A path with a `?`: asked for `/a/q?x`, Alluxio answers for `/a/q`."""

    reason = "PATH_REFUSED"
    status = 400
    cure = "rename the file: Alluxio can't address a name with '?'"


def sayable(path: str) -> str:
    """Return `path`; raise Unaddressable where Alluxio would take it for another."""
    if "?" in path:
        raise Unaddressable(f"{path} has a '?': Alluxio would take it for {path.partition('?')[0]}")
    return path
