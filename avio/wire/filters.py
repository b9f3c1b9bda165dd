"""The rules on the paths of files: `+ GLOB` takes a file, `- GLOB` leaves it; the first that matches decides.

Runs in every process. Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from avio.undecoded import quoted
from avio.wire.globs import Glob, GlobError, parse

TAKE, LEAVE = "+ ", "- "

# All rules of an order together: the time for a path grows with it.
MAX_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `takes` tells what it does with the files that match `glob`."""

    takes: bool
    glob: Glob

    @property
    def text(self) -> str:
        """The rule as it is written."""
        return f"{TAKE if self.takes else LEAVE}{self.glob.text}"


def parse_rule(text: str) -> Rule:
    """Return the rule. Raise ValueError if it is invalid; the message says which, why and where."""
    if not text.startswith((TAKE, LEAVE)):
        raise ValueError(f"{quoted(text)} is no rule; write '+ GLOB' to take files or '- GLOB' to leave them")
    try:
        return Rule(text.startswith(TAKE), parse(text[len(TAKE) :]))
    except GlobError as error:
        raise ValueError(f"{quoted(text[len(TAKE) :])} {error}") from None


def parse_rules(texts: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules. Raise ValueError if one is invalid, or the last one has no effect."""
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise ValueError(f"has rules of more than {MAX_CHARACTERS} characters together; use fewer, or a file list")
    rules = tuple(map(parse_rule, texts))
    if rules and rules[-1].takes:
        last = f"{quoted(rules[-1].text)} comes last and has no effect, since files that no rule matches are taken"
        raise ValueError(f"{last}; add '- **' as the last rule to take nothing else")
    return rules


def first_match(rules: Sequence[Rule], path: str) -> Rule | None:
    """Return the first rule that matches a relative path, or None; then the file is taken."""
    return next((rule for rule in rules if rule.glob.matches(path)), None)


def below(path: str, root: str) -> str:
    """Return what rules match of canonical `path`: the part below `root`; of `root` itself its name."""
    if path == root:
        return path.rpartition("/")[2]
    return path[len(root.rstrip("/")) + 1 :]
