"""Globs of the paths of jobs: one matches a path if it matches the path, or a directory above it.

Runs in web and in the CLI. Standard library only. A match takes time in proportion to path and glob.
"""

from dataclasses import dataclass
from itertools import takewhile

from avio.wire import globs
from avio.wire.glob_parts import Literal, Sequence

MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class PathTerm:
    """A glob. `prefix` are the characters that every match begins with."""

    prefix: str
    rest: Sequence

    def matches(self, path: str) -> bool:
        """Return True if the path of a job is at, or below, what the glob matches."""
        name = path.removeprefix("/")
        if not name.startswith(self.prefix):
            return False
        return any(end == len(name) or name[end] == "/" for end in self.rest.ends(name, {len(self.prefix)}))


def parse(text: str) -> PathTerm:
    """Return the term. Raise GlobError if the glob is invalid."""
    if len(text) > MAX_CHARACTERS:
        raise globs.GlobError(f"is longer than {MAX_CHARACTERS} characters; give a shorter one")
    parts = globs.parse(text.rstrip("/") or "/**").whole.parts
    fixed = list(takewhile(lambda part: isinstance(part, Literal), parts))
    prefix = "".join(part.text for part in fixed if isinstance(part, Literal))
    return PathTerm(prefix, Sequence(parts[len(fixed) :]))
