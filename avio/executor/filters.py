"""Decides which listed files an order takes: by its rules on paths, and its bounds of size and time.

Runs in the job process. RE2 matches without backtracking, so that no rule takes long for any path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import re2

from avio.engines.base import Entry
from avio.wire import moments
from avio.wire.filters import Rule, below, first_match, parse_rules
from avio.wire.params import Params
from avio.wire.paths import is_text

# Of memory that an expression may take, and more than that of the longest rules.
MATCHER_BYTES = 64 << 20


class Exclude(Protocol):
    """Called for each file that an order does not take, in the thread of the listing."""

    def __call__(self, path: str, *, listed: bool) -> None:
        """Take its path. `listed`: it comes in the order of the listing, as the files that the order takes."""


def ignore(path: str, *, listed: bool) -> None:
    """Drop `path`: the caller does not count what is excluded."""


class PathRules:
    """Rules on paths, ready to match many. Neighbours that decide the same are one expression."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        options = re2.Options()
        options.dot_nl, options.log_errors, options.max_mem = True, False, MATCHER_BYTES
        self._rules = rules
        self._runs = [
            (takes, _matcher(tuple(run), options) if is_utf8 else _slow_matcher(tuple(run)))
            for (takes, is_utf8), run in groupby(rules, lambda rule: (rule.takes, is_text(rule.glob.text)))
        ]

    def take(self, path: str) -> bool:
        """Return True if the rules take a relative path."""
        if not is_text(path):  # RE2 reads UTF-8 alone
            decisive = first_match(self._rules, path)
            return decisive is None or decisive.takes
        return next((takes for takes, matches in self._runs if matches(path)), True)


def _matcher(rules: Sequence[Rule], options: re2.Options) -> Callable[[str], object]:
    matches: Callable[[str], object] = re2.compile("|".join(rule.glob.regex for rule in rules), options).fullmatch
    return matches


def _slow_matcher(rules: Sequence[Rule]) -> Callable[[str], object]:
    """Return what matches rules with bytes that are not UTF-8, which RE2 can't read."""
    return lambda path: any(rule.glob.matches(path) for rule in rules)


@dataclass(frozen=True, slots=True)
class Filter:
    """All that an order says of the files it takes. What is not known of a file does not exclude it."""

    rules: PathRules | None = None
    min_size: int | None = None
    max_size: int | None = None
    newer_than: float | None = None
    older_than: float | None = None

    def takes(self, entry: Entry, root: str) -> bool:
        """Return True if the order takes a file, which it names by itself or as one below `root`."""
        return self._size_fits(entry.size) and self._time_fits(entry.modified) and self.takes_path(entry.path, root)

    def takes_path(self, path: str, root: str) -> bool:
        """Return True if the rules on paths take the file."""
        return self.rules is None or self.rules.take(below(path, root))

    def _size_fits(self, size: int | None) -> bool:
        return size is None or (
            (self.min_size is None or size >= self.min_size) and (self.max_size is None or size <= self.max_size)
        )

    def _time_fits(self, modified: float | None) -> bool:
        return modified is None or (
            (self.newer_than is None or modified >= self.newer_than)
            and (self.older_than is None or modified < self.older_than)
        )


EVERY = Filter()  # takes every file


def filter_of(params: Params) -> Filter:
    """Return the filter of an order."""
    rules = parse_rules(params.rules)
    return Filter(
        PathRules(rules) if rules else None,
        params.min_size,
        params.max_size,
        None if params.newer_than is None else moments.epoch(params.newer_than),
        None if params.older_than is None else moments.epoch(params.older_than),
    )
