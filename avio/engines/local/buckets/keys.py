"""Which keys of an object store can be paths, and which are markers of folders. Pure; used in every process."""

import re
from collections.abc import Iterable

from avio.engines.left_out import KeyNotAPath
from avio.engines.local.buckets.s3_list_xml import LOST, SHOWN_LOST, Row
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.root import HIDDEN
from avio.wire.paths import MAX_PART_BYTES

SHORT_CHARACTERS = MAX_PART_BYTES // 4  # a key of no more characters has no name of too many bytes

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NO_UTF8 = re.compile(r"[\ud800-\udfff]")

# What sorts behind most names that begin like the one before a key.
_BEHIND = "~~~~"


def files_of(rows: list[Row], leave_out: LeaveOut) -> list[Row]:
    """Return the objects that are files. Call `leave_out` with each that can't be one; skip empty folder markers."""
    keys = [row[0] for row in rows]
    if rows and not _are_plain(keys):
        rows = list(_sorted_out(rows, leave_out))
        keys = [row[0] for row in rows]
    both = _folders(keys).intersection(keys)
    if not both:
        return rows
    for key, size, *_ in rows:
        if key in both and size:
            leave_out(key, folder_too(key))
    return [row for row in rows if row[0] not in both]


def folder_too(key: str) -> KeyNotAPath:
    """Return the error of an object that has the name of a folder."""
    return KeyNotAPath(f"the object {key!r} can't be a file: other objects are in a folder of this name")


def _folders(keys: list[str]) -> set[str]:
    """Return the folders in which the keys are."""
    folders: set[str] = set()
    last = ""
    for key in keys:
        folder = key.rpartition("/")[0]
        if folder == last:
            continue
        last = folder
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def _are_plain(keys: list[str]) -> bool:
    """Return True if all keys are surely paths of files: a few searches over a whole page cost least."""
    joined = f"/{'/ /'.join(keys)}/"
    return (
        joined.isprintable()
        and not any(part in joined for part in ("//", "/./", "/../", LOST, f"/{HIDDEN}/"))
        and len(max(keys, key=len)) <= SHORT_CHARACTERS
    )


def _sorted_out(rows: list[Row], leave_out: LeaveOut) -> Iterable[Row]:
    for row in rows:
        key = row[0]
        if key.startswith(f"{HIDDEN}/"):
            continue
        is_marker = (key.endswith("/") and row[1] >= 0) or not key
        why = why_no_path(key[:-1] if key.endswith("/") else key) if key else None
        if is_marker and why is None:
            if row[1] == 0:
                continue
            why = "it has content, although its key ends in a slash as a folder's does"
        if why is None:
            yield row
        else:
            shown = key.replace(LOST, SHOWN_LOST)
            leave_out(shown, KeyNotAPath(f"the object {shown!r} can't be a file: {why}"))


def why_no_path(key: str) -> str | None:
    """Return why `key` can't be the path of a file, or None if it can."""
    if key == HIDDEN:
        return "its key is the name of avio's own directory"
    if _CONTROL.search(key):
        return "its key has a control character"
    if NO_UTF8.search(key):  # or `LOST` is in it
        return "its key is not valid UTF-8"
    for part in key.split("/"):
        if part in ("", ".", ".."):
            return f"its key has {'an empty' if not part else repr(part) + ' as a'} name between slashes"
        if len(part.encode()) > MAX_PART_BYTES:
            return f"its key has a name of more than {MAX_PART_BYTES} bytes"
    return None


def just_before(key: str) -> str:
    """Return a text that sorts before `key`, with few keys in between."""
    if found := NO_UTF8.search(key):  # it sorts elsewhere in a bucket, which has no such key
        return key[: found.start()]
    before = ord(key[-1]) - 1
    if before <= ord("/") or before == 0xDFFF:
        return key[:-1]
    return key[:-1] + chr(before) + _BEHIND
