"""Globs: patterns of paths, checked and taken apart. `avio.executor.filters` matches them fast, `matches` anywhere.

Runs in every process. Standard library only.
"""

from collections.abc import Callable
from dataclasses import dataclass

from avio.wire.glob_parts import Anything, Character, Directories, Either, Literal, Part, Sequence, Star

MAX_CHARACTERS = 1024
MAX_NESTED = 10


class GlobError(ValueError):
    """The glob is invalid. The message says why, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob, which matches whole relative paths: `/x` from their beginning, `x` from the beginning of any name."""

    text: str
    whole: Sequence

    @property
    def regex(self) -> str:
        """The regular expression that must match all of a relative path, if `.` matches line breaks too."""
        return self.whole.regex

    def matches(self, path: str) -> bool:
        """Return True if the glob matches a relative path."""
        return len(path) in self.whole.ends(path, {0})


def parse(text: str) -> Glob:
    """Return the glob. Raise GlobError if it is invalid."""
    if not text.strip("/"):
        raise GlobError("names nothing; write ** for all files")
    if len(text) > MAX_CHARACTERS:
        raise GlobError(f"is longer than {MAX_CHARACTERS} characters; give a shorter one, or a file list")
    if "\0" in text or "//" in text:
        raise GlobError("has a NUL or an empty name (//), which no path has; remove it")
    anchored = text.startswith("/")
    below = "**" if text.endswith("/") else ""
    parser = _Parser(text.removeprefix("/") + below, 1 + anchored)
    parts = parser.sequence().parts
    return Glob(text, Sequence(parts if anchored else (Directories(), *parts)))


class _Parser:
    """Reads a glob from left to right. `offset` is the number of its first character, for messages."""

    def __init__(self, text: str, offset: int) -> None:
        self._text, self._offset = text, offset
        self._at = 0
        self._nested = 0
        self._read: dict[str, Callable[[], Part]] = {
            "*": self._stars,
            "?": self._any_character,
            "[": self._class,
            "{": self._either,
            "\\": self._escaped,
        }

    def sequence(self) -> Sequence:
        """Read parts to the end, or in braces to their next `,` or `}`."""
        parts: list[Part] = []
        ends = ",}" if self._nested else ""
        while (character := self._peek()) and character not in ends:
            if character == "}":
                raise self._error("has a } without {", r"write \} for the character")
            parts.append(self._read.get(character, self._literal)())
        return Sequence(tuple(parts))

    def _literal(self) -> Literal:
        self._at += 1
        return Literal(self._text[self._at - 1])

    def _escaped(self) -> Literal:
        if self._at + 1 == len(self._text):
            raise self._error("ends with a backslash, which escapes nothing", r"write \\ for the character")
        self._at += 1
        return self._literal()

    def _stars(self) -> Part:
        begin = self._at
        while self._peek() == "*":
            self._at += 1
        if self._at - begin == 1:
            return Star()
        if self._peek() == "/" and (begin == 0 or self._text[begin - 1] == "/"):
            self._at += 1
            return Directories()
        return Anything()

    def _any_character(self) -> Character:
        self._at += 1
        return Character()

    def _class(self) -> Character:
        missing = self._error("has a [ without ]", r"close it, or write \[ for the character")
        self._at += 1
        negated = self._peek() in ("!", "^")
        self._at += negated
        ranges: list[tuple[str, str]] = []
        while (character := self._peek()) != "]" or not ranges:
            if not character:
                raise missing
            ranges.append(self._range())
        self._at += 1
        return Character(tuple(ranges), negated)

    def _range(self) -> tuple[str, str]:
        backwards = self._error("has a range that ends before it begins", "write it as [a-z]")
        low = self._of_class()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("", "]"):
            return low, low
        self._at += 1
        high = self._of_class()
        if high < low:
            raise backwards
        return low, high

    def _of_class(self) -> str:
        return (self._escaped if self._peek() == "\\" else self._literal)().text

    def _either(self) -> Either:
        missing = self._error("has a { without }", r"close it, or write \{ for the character")
        self._nested += 1
        if self._nested > MAX_NESTED:
            raise self._error(f"has braces more than {MAX_NESTED} deep", "write several rules")
        choices: list[Sequence] = []
        while self._peek() != "}":
            self._at += 1
            choices.append(self.sequence())
            if not self._peek():
                raise missing
        self._at += 1
        self._nested -= 1
        return Either(tuple(choices))

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _error(self, what: str, cure: str) -> GlobError:
        return GlobError(f"{what} at character {self._at + self._offset}; {cure}")
