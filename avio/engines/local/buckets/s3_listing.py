"""A whole listing of an S3-like store, page by page. It is complete only if the store says so.

Used in web and the job process. Holds one page.
"""

from collections.abc import Iterator

from avio.engines.local.buckets.archived import ArchivedKeys
from avio.engines.local.buckets.folders import with_folders
from avio.engines.local.buckets.key_order import BYTES, NAMES, Cycle, KeyOrder, disorder, endless
from avio.engines.local.buckets.keys import NO_UTF8, files_of, folder_too
from avio.engines.local.buckets.pace import TASK, Pace
from avio.engines.local.buckets.s3_list import Ask, S3List
from avio.engines.local.buckets.s3_list_xml import LOST, ListPage, Row
from avio.engines.local.buckets.s3_pages import S3Pages
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.tree_walk import LAST

_FIRST = "\x1f"  # sorts before all names of files, which have no control characters


class S3Listing:
    """Lists the folder of `place`. `name` is how messages call it; `separator` is the order that the mount expects."""

    def __init__(self, place: S3Place, name: str, separator: str) -> None:
        self._folder = place.folder
        self._name = name
        self._separator = separator
        self._list = S3List(place, name)
        self.archived = ArchivedKeys()

    def pages(
        self, prefix: str, after: str, *, ordered: bool, flat: bool, leave_out: LeaveOut, pace: Pace
    ) -> Iterator[list[Row]]:
        """Yield the files below `prefix` after the key `after`, in pages that are never empty.

        With `flat`, only those directly in it, and in an ordered listing its folders too, as `folder_row`s. Raises
        StoreError for keys that go backwards, EngineAway and AccessDenied, OutOfTime.
        """
        if NO_UTF8.search(prefix):  # no store takes such a prefix; only a cache has such a name
            return
        orders = [self._separator] if ordered else [BYTES, NAMES]
        order, order_of_prefixes = KeyOrder(orders), KeyOrder(orders)
        begin = self._begin(after, flat=flat)
        ask = Ask(self._folder + prefix, self._folder + begin if begin else "", delimiter="/" if flat else "")
        held: list[Row] = []
        for page in S3Pages(self._list, self._name, ask, pace, eager=not flat).run():
            if page.archived:
                self.archived.add([key[len(self._folder) :] for key in page.archived])
            if flat and ordered:
                page = with_folders(page, ask.prefix, self._separator)
            rows = self._in_order(page, order, after)
            if order_of_prefixes.breaks(page.prefixes) is not None:
                raise endless(self._name)
            files, held = self._split(files_of(held + rows, leave_out), page, leave_out, pace)
            if files:
                yield files

    def find(self, key: str) -> Row | None:
        """Return the object at `key` as a listing shows it, or None. It comes before all keys that begin with it."""
        rows = self._first(key)
        return rows[0] if rows and rows[0][0] == key else None

    def has(self, prefix: str, pace: Pace = TASK) -> bool:
        """Return True if a key begins with `prefix`: a file, or the marker of an empty folder."""
        return bool(self._first(prefix, pace))

    def _first(self, prefix: str, pace: Pace = TASK) -> list[Row]:
        """Return the first object whose key begins with `prefix`, if there is one."""
        ask = Ask(self._folder + prefix, size=1)
        cycle = Cycle()
        while True:
            page = self._list.page(ask, pace)
            if page.rows or page.token is None:
                return [(row[0][len(self._folder) :], *row[1:]) for row in page.rows]
            if cycle.repeats(page.token):
                raise endless(self._name)
            ask = ask._replace(token=page.token)

    def _split(self, files: list[Row], page: ListPage, leave_out: LeaveOut, pace: Pace) -> tuple[list[Row], list[Row]]:
        """Return the files to yield, and the last one if the next page may show that it is a folder: `a` before `a/b`.

        Other keys may be folders of a later page too, such as `a` before `a-1`: the store is asked for those.
        """
        if page.token is None or not files:
            return files, []
        last = page.rows[-1][0][len(self._folder) :] if page.rows else files[-1][0]
        held = files[-1:] if files[-1][0] == last else []
        begun = {last[:end] for end in range(1, len(last)) if last[end] < "/"}
        both = [row for row in files if row[0] in begun and self.has(row[0] + "/", pace)] if begun else []
        for key, size, *_ in both:
            if size:
                leave_out(key, folder_too(key))
        if not both and not held:
            return files, []
        return [row for row in files[: len(files) - len(held)] if row not in both], held

    def _begin(self, after: str, *, flat: bool) -> str:
        """Return where the store begins. `_in_order` skips what comes before `after`."""
        if found := NO_UTF8.search(after):
            return after[: found.start()]
        if flat and after.endswith("/"):  # behind all that is in this folder
            return after + LAST
        # In a store that sorts name by name, "a/" means the name "a" and would skip all keys in it.
        return after + _FIRST if after.endswith("/") and self._separator != BYTES else after

    @staticmethod
    def _begins_at(keys: list[str], order: KeyOrder, after: str) -> int:
        """Return the number of the first key behind `after`. Nobody knows the place of a key that can't be read."""
        found = (number for number, key in enumerate(keys) if LOST not in key and order.is_after(key, after))
        late = next(found, len(keys))
        while late and LOST in keys[late - 1]:
            late -= 1
        return late

    def _in_order(self, page: ListPage, order: KeyOrder, after: str) -> list[Row]:
        """Return the rows with keys from the mounted folder on. Raise StoreError for keys that go backwards."""
        cut = len(self._folder)
        rows = [(row[0][cut:], *row[1:]) for row in page.rows] if cut else page.rows
        keys = [row[0] for row in rows]
        back = order.breaks([key for key in keys if LOST not in key] if LOST in "".join(keys) else keys)
        if back is not None:
            raise disorder(self._name, back)
        if not after:
            return rows
        # Some stores ignore where to begin. All keys of the page have said by now in which order the store has them.
        return rows[self._begins_at(keys, order, after) :]
