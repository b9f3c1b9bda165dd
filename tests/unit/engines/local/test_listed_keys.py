"""Keys that lie close together are found by few pages of a listing; others are left to HEAD."""

from collections.abc import Iterator
from itertools import islice

import pytest

from avio.engines.local.buckets.key_order import place
from avio.engines.local.buckets.listed_keys import MIN_FOUND, find_keys
from avio.engines.local.buckets.s3_list_xml import Row

PAGE = 1000


class Listing:
    """A bucket with `keys`, and how many pages of it were listed."""

    def __init__(self, keys: list[str], separator: str = "/") -> None:
        self.separator = separator
        self._keys = sorted(keys, key=lambda key: place(key, separator))
        self.pages = 0

    def list_from(self, prefix: str, after: str) -> Iterator[list[Row]]:
        begin = place(after, self.separator)
        rows = ((key, 1, 1, '"e"') for key in self._keys if key.startswith(prefix))
        later = (row for row in rows if place(row[0], self.separator) > begin)
        while page := list(islice(later, PAGE)):
            self.pages += 1
            yield page

    def find(self, keys: list[str]) -> set[str]:
        return {row[0] for row in find_keys(keys, self.separator, self.list_from)}


def names(directory: str, count: int) -> list[str]:
    return [f"{directory}/{number:06d}" for number in range(count)]


@pytest.mark.parametrize("separator", ["/", "\0"])
def test_keys_of_one_directory_cost_a_page_for_each_thousand(separator: str) -> None:
    keys = names("b/x", 3000)
    listing = Listing(names("a", 5000) + keys + names("b-c", 5000), separator)
    assert listing.find(keys) == set(keys)
    assert listing.pages <= 4


def test_a_gap_of_other_keys_is_passed_over() -> None:
    keys = names("a/1", 500) + names("a/9", 500)
    listing = Listing([*keys, *names("a/5", 50_000)])
    assert listing.find(keys) == set(keys)
    assert listing.pages <= 4


def test_a_few_keys_or_keys_far_apart_are_left_out() -> None:
    everything = names("a", 100_000)
    listing = Listing(everything)
    assert listing.find(everything[: MIN_FOUND - 1]) == set()
    assert listing.pages == 0
    assert len(listing.find(everything[::100])) <= PAGE // 100
    assert listing.pages == 1


def test_keys_that_are_not_there_are_not_found() -> None:
    listing = Listing(names("a", 100))
    assert listing.find(names("a", 200)) == set(names("a", 100))
    assert listing.find(names("z", 200)) == set()
