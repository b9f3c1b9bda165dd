"""The rules about more than one member of `Params`: where the files are named, and bounds that exclude each other.

Runs in web. Standard library only.
"""

from collections.abc import Callable, Mapping
from typing import Any

from avio.undecoded import quoted
from avio.wire import moments
from avio.wire.filters import parse_rules
from avio.wire.paths import NeedsEncoding, PathError, canonical, decoded, is_under, respelled

Earlier = Mapping[str, Any]

# The members that the rules need, before the others.
FIRST = ("from_file_list", "alluxio_uri_encoded", "paths", "file_list_path", "filters_encoded", "overwrite")


def related(name: str, value: Any, earlier: Earlier) -> Any:
    """Return the `value` to use of member `name`. Raise ValueError if it is missing, has no effect or contradicts.

    `earlier` has the values of the members before it, without those that are invalid themselves.
    """
    rule = _RULES.get(name)
    return value if rule is None else rule(value, earlier)


def _path(value: str | None, earlier: Earlier) -> str | None:
    if earlier.get("from_file_list"):
        return None
    if earlier.get("paths"):
        if value is not None:
            raise ValueError("has no effect beside paths; add it to paths, or remove one of them")
        return None
    if value is not None:
        return _one(value, earlier)
    if "paths" not in earlier:
        return None
    raise ValueError("is missing; give a path, or fromFileList=true with a fileListId")


def _paths(values: tuple[str, ...], earlier: Earlier) -> tuple[str, ...]:
    if values and earlier.get("from_file_list"):
        raise ValueError("has no effect with fromFileList=true; remove one of them")
    found = []
    for value in values:
        try:
            found.append(_one(value, earlier))
        except PathError as error:
            shown = quoted(decoded(value, encoded=bool(earlier.get("alluxio_uri_encoded")))[:100])
            raise PathError(f"{shown} {error}") from None
    return tuple(dict.fromkeys(found))


def _one(value: str, earlier: Earlier) -> str:
    return respelled(value) if earlier.get("alluxio_uri_encoded") else canonical(value)


def _list_id(value: str | None, earlier: Earlier) -> str | None:
    from_list, at_path = earlier.get("from_file_list"), earlier.get("file_list_path", "invalid") is not None
    if from_list and value is None and not at_path:
        raise ValueError("is missing; upload the list with POST /filelists and give its fileListId")
    if value is not None and at_path:
        raise ValueError("has no effect beside fileListPath; remove one of them")
    return _with_list(value, earlier)


def _list_path(value: str | None, earlier: Earlier) -> str | None:
    try:
        return _with_list(None if value is None else canonical(value), earlier)
    except NeedsEncoding as error:
        raise PathError(f"{error.what}; rename the object, or upload it with POST /filelists") from None


def _with_list(value: str | None, earlier: Earlier) -> str | None:
    if value is not None and earlier.get("from_file_list") is False:
        raise ValueError("has no effect without fromFileList=true; add that or remove this")
    return value


def _versions(value: bool, earlier: Earlier) -> bool:
    if value and (earlier.get("from_file_list") is False or earlier.get("file_list_path") is not None):
        raise ValueError("has no effect without the fileListId of a list with versions; remove it")
    return value


def _filters(values: tuple[str, ...], earlier: Earlier) -> tuple[str, ...]:
    is_encoded = bool(earlier.get("filters_encoded"))
    parse_rules([decoded(value, encoded=is_encoded) for value in values])
    return values


def _max_size(value: int | None, earlier: Earlier) -> int | None:
    least = earlier.get("min_size")
    if value is not None and least is not None and value < least:
        raise ValueError("is less than minSize, so that no file has such a size; correct one of them")
    return value


def _older_than(value: str | None, earlier: Earlier) -> str | None:
    since = earlier.get("newer_than")
    if value is not None and since is not None and moments.epoch(value) <= moments.epoch(since):
        raise ValueError("is no later than newerThan, so that no file is as old; correct one of them")
    return value


def _on_conflict(value: str, earlier: Earlier) -> str:
    overwrite = earlier.get("overwrite")
    if value == "overwrite" and overwrite in ("never", "fail"):
        raise ValueError(f"has no effect with overwrite={overwrite}, which replaces no object; remove one of them")
    return value


def _report_to(value: str | None, earlier: Earlier) -> str | None:
    if value is None:
        return None
    try:
        path = canonical(value)
    except NeedsEncoding as error:
        raise PathError(f"{error.what}; choose another name for the report") from None
    if path == "/":
        raise PathError("is not below a mount; give the path of an object, or of a directory of a bucket")
    named = filter(None, (*earlier.get("paths", ()), earlier.get("alluxio_uri")))
    for root in (decoded(each, encoded=bool(earlier.get("alluxio_uri_encoded"))) for each in named):
        if is_under(path, root):
            raise ValueError(f"is below {quoted(root)}, which the job lists; choose a path outside of it")
    return path + "/" if value.endswith("/") else path


_RULES: dict[str, Callable[[Any, Earlier], Any]] = {
    "alluxio_uri": _path,
    "paths": _paths,
    "file_list_id": _list_id,
    "file_list_path": _list_path,
    "versions": _versions,
    "filters": _filters,
    "max_size": _max_size,
    "older_than": _older_than,
    "on_conflict": _on_conflict,
    "report_to": _report_to,
}
