"""The parts that a glob consists of. Each gives its regular expression, and matches by itself.

The expressions suit engines without backtracking. `ends` is for callers without such an engine, and takes time in
proportion to the text. Runs in every process. Standard library only.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

Positions = AbstractSet[int]


class Part(Protocol):
    """A part of a glob."""

    @property
    def regex(self) -> str:
        """The regular expression of the part."""

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position of `text` where the part can end that begins at one of `starts`."""


@dataclass(frozen=True, slots=True)
class Literal:
    """These characters."""

    text: str

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return re.escape(self.text)

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        return {start + len(self.text) for start in starts if text.startswith(self.text, start)}


@dataclass(frozen=True, slots=True)
class Character:
    """`?` or `[...]`: one character but `/`; with `ranges` one in them or, if `negated`, one outside of them."""

    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = True

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in self._without_slash())
        if self.negated:
            return f"[^/{inside}]"
        return f"[{inside}]" if inside else r"[^\x00-\x{10FFFF}]"

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        return {start + 1 for start in starts if start < len(text) and self._has(text[start])}

    def _has(self, character: str) -> bool:
        inside = any(low <= character <= high for low, high in self.ranges)
        return character != "/" and inside != self.negated

    def _without_slash(self) -> list[tuple[str, str]]:
        """Return the ranges without `/`, which no character of a glob matches."""
        split = []
        for low, high in self.ranges:
            if low <= "/" <= high:
                split += [(low, "."), ("0", high)]
            else:
                split.append((low, high))
        return [(low, high) for low, high in split if low <= high]


@dataclass(frozen=True, slots=True)
class Star:
    """`*`: any characters of one name."""

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return "[^/]*"

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        reached, reaches = set(), False
        for position in range(len(text) + 1):
            reaches = position in starts or (reaches and text[position - 1] != "/")
            if reaches:
                reached.add(position)
        return reached


@dataclass(frozen=True, slots=True)
class Anything:
    """`**`: any characters, `/` too."""

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return ".*"

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        return set(range(min(starts), len(text) + 1)) if starts else set()


@dataclass(frozen=True, slots=True)
class Directories:
    """`**/` at the beginning of a name: any number of directories, or none."""

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return "(?:.*/)?"

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        if not starts:
            return set()
        first = min(starts)
        return {*starts, *(at + 1 for at in range(first, len(text)) if text[at] == "/")}


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts, one after the other."""

    parts: tuple[Part, ...]

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return "".join(part.regex for part in self.parts)

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        for part in self.parts:
            starts = part.ends(text, starts)
        return starts


@dataclass(frozen=True, slots=True)
class Either:
    """`{a,b}`: one of several."""

    choices: tuple[Sequence, ...]

    @property
    def regex(self) -> str:
        """The regular expression of the part."""
        return f"(?:{'|'.join(choice.regex for choice in self.choices)})"

    def ends(self, text: str, starts: Positions) -> Positions:
        """Return every position where the part can end."""
        return {end for choice in self.choices for end in choice.ends(text, starts)}
