"""Lists a store by obstore, where only obstore knows how to ask. Used in web and the job process.

obstore shows no keys but those that are paths, and drops the slash of folder markers.
"""

import re
import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

import obstore
from obstore.store import ObjectStore

from avio.engines.local.buckets.key_order import BYTES, Cycle, disorder, endless, place
from avio.engines.local.buckets.pace import OutOfTime, Pace
from avio.engines.local.buckets.s3_list_xml import Row
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.errors import store_errors
from avio.engines.local.root import HIDDEN

PAGE_OBJECTS = 1000  # objects that one request lists

# What obstore takes in no key: bytes that are not UTF-8 (lone surrogates here) and control characters.
UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class ObstoreListing:
    """Lists what `open_store` opens. `name` is how messages call it."""

    def __init__(self, open_store: Callable[[], ObjectStore], name: str, separator: str) -> None:
        self._open = open_store
        self._name = name
        self._separator = separator

    def pages(
        self, prefix: str, after: str, *, ordered: bool, flat: bool, leave_out: LeaveOut, pace: Pace
    ) -> Iterator[list[Row]]:
        """Yield the objects below `prefix` after the key `after`, in pages that are never empty. Ignores `flat`.

        Raises StoreError for keys that go backwards (if `ordered`), the errors of the store, OutOfTime.
        """
        if UNFIT.search(prefix):  # only a cache has such a name
            return
        last = ""
        cycle = Cycle()
        unfit = UNFIT.search(after)
        passed = place(after, self._separator) if unfit else ""
        for page in self._without_markers(prefix, after[: unfit.start()] if unfit else after):
            rows = []
            for row in page:
                order = place(row[0], self._separator)
                if order < last and row[1] == 0 and order + self._separator > last:
                    continue  # the marker object of an empty folder
                if ordered and last and order <= last:
                    raise disorder(self._name, row[0])
                last = order
                if order > passed:
                    rows.append(row)
            if cycle.repeats(f"{page[0][0]}\0{page[-1][0]}"):
                raise endless(self._name)
            if rows:
                yield rows
            if time.monotonic() > pace.until:
                raise OutOfTime(f"{self._name}: the store lists too slowly", cure="list a smaller directory, or wait")

    def find(self, key: str) -> Row | None:
        """Return None: obstore lists only what is below a key."""
        return None

    def has(self, prefix: str) -> bool:
        """Return True if a key begins with `prefix`, which is "" or ends in a slash."""
        return next(self._without_markers(prefix, ""), None) is not None

    def _without_markers(self, prefix: str, after: str) -> Iterator[list[Row]]:
        """Yield the listing in pages that are never empty, without the markers of folders."""
        begin = after + " " if after.endswith("/") and self._separator != BYTES else after
        with store_errors(self._name):
            stream = iter(obstore.list(self._open(), prefix or None, offset=begin or None, chunk_size=PAGE_OBJECTS))
        held: list[Row] = []  # the last object of a page: the next key shows what an empty object is
        while True:
            with store_errors(self._name):
                chunk = next(stream, None)
            page = held + [row_of(meta) for meta in chunk or () if not meta["path"].startswith(f"{HIDDEN}/")]
            held = [page.pop()] if chunk and page and page[-1][1] == 0 else []
            if page := _no_markers(page, held):
                yield page
            if not chunk:
                return


def row_of(meta: Any) -> Row:
    """Return an object as obstore describes it."""
    modified = meta["last_modified"]
    mtime_ns = int(modified.timestamp()) * 1_000_000_000 + modified.microsecond * 1000
    return meta["path"], meta["size"], mtime_ns, meta["e_tag"]


def _no_markers(page: list[Row], following: list[Row]) -> list[Row]:
    """Skip the empty objects that S3 consoles make for folders: `dir/`, which the store reports as `dir`."""
    pairs = zip_longest(page, page[1:] + following)
    return [row for row, after in pairs if row and (row[1] or not after or not after[0].startswith(row[0] + "/"))]
