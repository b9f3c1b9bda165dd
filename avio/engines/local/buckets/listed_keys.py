"""Finds many objects by their keys in a listing, where they lie close together: a page costs less than many HEADs.

Used in the job process. Pure.
"""

import os
from collections.abc import Callable, Iterator, Sequence

from avio.engines.local.buckets.key_order import place
from avio.engines.local.buckets.keys import just_before
from avio.engines.local.buckets.s3_list_xml import Row

MIN_FOUND = 32  # of the wanted keys on a page; asking for fewer one by one costs less


def find_keys(
    keys: Sequence[str], separator: str, list_from: Callable[[str, str], Iterator[Sequence[Row]]]
) -> Iterator[Row]:
    """Yield rows of `keys`, as far as pages have many of them. `list_from` lists below a prefix, after a key."""
    places = sorted((place(key, separator), key) for key in keys)
    wanted = set(keys)
    while len(places) >= MIN_FOUND:
        (_, first), (end, last) = places[0], places[-1]
        above = os.path.commonpath([first, last])
        reached, many = "", False
        for page in list_from(above and f"{above}/", just_before(first)):
            found = [row for row in page if row[0] in wanted]
            yield from found
            reached = place(page[-1][0], separator)
            if reached >= end:
                return
            if len(found) < MIN_FOUND:
                break
            many = True
        places = [each for each in places if each[0] > reached] if many else []
