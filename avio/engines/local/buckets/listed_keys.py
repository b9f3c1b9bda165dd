"""Finds many objects by their keys in a listing, where they lie close together: a page costs less than many HEADs.

Used in the job process. Opens nothing itself.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from avio.engines.local.buckets.key_order import place
from avio.engines.local.buckets.keys import just_before
from avio.engines.local.buckets.s3_list_xml import Row
from avio.engines.local.buckets.side_by_side import side_by_side

MIN_FOUND = 32  # of the wanted keys on a page; asking for fewer one by one costs less
LONG_PAGE_SECONDS = 0.03  # to come: then the rest is listed from several places at once
SPAN_KEYS, MOST_SPANS = 2000, 4  # that one listing is to find, and how many listings run at once

ListFrom = Callable[[str, str], Iterator[Sequence[Row]]]  # lists below a prefix, after a key
_Places = list[tuple[str, str]]  # what a key sorts by, and the key


def find_keys(keys: Sequence[str], separator: str, list_from: ListFrom) -> Iterator[Row]:
    """Yield rows of `keys`, as far as pages have many of them."""
    places = sorted((place(key, separator), key) for key in keys)
    search = _Search(separator, list_from, may_split=True)
    for found in search.run(places):
        yield from found
    if search.left:
        spans = _spans(search.left)
        runs = [_Search(separator, list_from, may_split=False).run(span) for span in spans]
        with closing(side_by_side(runs)) as all_found:
            for found in all_found:
                yield from found


class _Search:
    """One listing after the other. `left` are the keys that are left for several, if the first page took long."""

    def __init__(self, separator: str, list_from: ListFrom, *, may_split: bool) -> None:
        self._separator = separator
        self._list_from = list_from
        self._may_split = may_split
        self.left: _Places = []

    def run(self, places: _Places) -> Iterator[list[Row]]:
        """Yield rows of the keys of sorted `places`, page by page."""
        wanted = {key for _, key in places}
        while len(places) >= MIN_FOUND:
            (_, first), (end, last) = places[0], places[-1]
            above = os.path.commonpath([first, last])
            reached, many, began = "", False, time.monotonic()
            for page in self._list_from(above and f"{above}/", just_before(first)):
                takes_long = time.monotonic() - began > LONG_PAGE_SECONDS
                found = [row for row in page if row[0] in wanted]
                yield found
                reached = place(page[-1][0], self._separator)
                if reached >= end:
                    return
                if len(found) < MIN_FOUND:
                    break
                many = True
                if self._may_split and takes_long and len(places) >= 2 * SPAN_KEYS:
                    self.left = [each for each in places if each[0] > reached]
                    return
                self._may_split = False
            places = [each for each in places if each[0] > reached] if many else []


def _spans(places: _Places) -> list[_Places]:
    """Return the places in some groups of neighbours."""
    count = max(1, min(MOST_SPANS, len(places) // SPAN_KEYS))
    size = -(-len(places) // count)
    return [places[begin : begin + size] for begin in range(0, len(places), size)]
