"""Keys that lie close together are found by few pages of a listing; others are left to HEAD."""

import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from avio.engines.local.buckets import listed_keys
from avio.engines.local.buckets.key_order import place
from avio.engines.local.buckets.listed_keys import LONG_PAGE_SECONDS, MIN_FOUND, MOST_SPANS, find_keys
from avio.engines.local.buckets.s3_list_xml import Row
from avio.errors import EngineAway

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


class LongLine(Listing):
    """A bucket each of whose pages takes `seconds` to come, and how many were asked for at once."""

    def __init__(self, keys: list[str], seconds: float) -> None:
        super().__init__(keys)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._now = self.most = 0
        self.fails = False

    def list_from(self, prefix: str, after: str) -> Iterator[list[Row]]:
        pages = super().list_from(prefix, after)
        while True:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            time.sleep(self._seconds)
            with self._lock:
                self._now -= 1
            page = next(pages, None)
            if page is None:
                return
            if self.fails and self.pages > 3:
                raise EngineAway("no answer")
            yield page


def test_over_a_long_line_several_listings_run_at_once() -> None:
    keys = names("a", 12_000)
    listing = LongLine(keys, 2 * LONG_PAGE_SECONDS)
    found = [row[0] for row in find_keys(keys, "/", listing.list_from)]
    assert sorted(found) == keys
    assert listing.most == MOST_SPANS
    assert listing.pages <= 12 + MOST_SPANS


def test_over_a_short_line_one_page_comes_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_keys, "LONG_PAGE_SECONDS", 60)  # no page of a busy machine takes as long
    keys = names("a", 12_000)
    listing = LongLine(keys, 0)
    assert listing.find(keys) == set(keys)
    assert (listing.most, listing.pages) == (1, 12)


def test_what_one_of_several_listings_raises_is_raised() -> None:
    keys = names("a", 12_000)
    listing = LongLine(keys, 2 * LONG_PAGE_SECONDS)
    listing.fails = True
    with pytest.raises(EngineAway):
        listing.find(keys)


def test_listings_that_nobody_reads_any_more_end() -> None:
    keys = names("a", 12_000)
    listing = LongLine(keys, 2 * LONG_PAGE_SECONDS)
    rows = find_keys(keys, "/", listing.list_from)
    for _ in range(1500):
        next(rows)
    rows.close()  # type: ignore[attr-defined]
    time.sleep(4 * LONG_PAGE_SECONDS)
    pages = listing.pages
    time.sleep(4 * LONG_PAGE_SECONDS)
    assert listing.pages == pages < 12
