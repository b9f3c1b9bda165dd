"""Conditions on a path, as `avio wait` and `GET /wait` take them: `cached>=95%, saved`. Unknown figures meet none.

Runs in web and in the CLI. Standard library only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from avio.wire.digits import quoted
from avio.wire.sizes import size_of

MAX_CHARACTERS = 200
MAX_TERMS = 8

FORMS = "write cached, cached>=95%, cached>=10GiB or saved; several of them with commas"

_JOINT = re.compile(r"\s*,\s*|\s+and\s+")
_AT_LEAST = re.compile(r"cached\s*>=\s*(\S.*)")
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]))?\s*%")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a path stands, in files and bytes: what /stat says of it. None is unknown."""

    files: int | None = None
    files_cached: int | None = None
    size: int | None = None
    cached_bytes: int | None = None
    saved: bool | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One of the terms of a condition, in its canonical spelling."""

    text: str
    is_met: Callable[[Standing], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms that must all be met at once."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return ",".join(term.text for term in self.terms)

    def unmet(self, standing: Standing) -> list[str]:
        """Return the terms that `standing` does not meet."""
        return [term.text for term in self.terms if not term.is_met(standing)]


class ConditionError(ValueError):
    """The text is not a condition. The message says why and what to do."""


def parse(text: str) -> Condition:
    """Return the condition. Raise ConditionError if it is invalid."""
    if len(text) > MAX_CHARACTERS:
        raise ConditionError(f"is longer than {MAX_CHARACTERS} characters; give fewer terms")
    written = _JOINT.split(text.strip())
    if len(written) > MAX_TERMS:
        raise ConditionError(f"has more than {MAX_TERMS} terms; give fewer")
    terms = [_term(each) for each in written]
    names = [term.text for term in terms]
    if doubled := [name for name in names if names.count(name) > 1]:
        raise ConditionError(f"has {doubled[0]} more than once; give it once")
    return Condition(tuple(terms))


def _term(text: str) -> Term:
    if text == "cached":
        return Term(text, _is_whole)
    if text == "saved":
        return Term(text, lambda standing: standing.saved is True)
    if least := _AT_LEAST.fullmatch(text):
        return _share(least[1]) if least[1].endswith("%") else _amount(least[1])
    raise ConditionError(f"{quoted(text)} is not a condition; {FORMS}")


def _share(text: str) -> Term:
    """Return the term for a percentage with at most one digit behind its point."""
    found = _PERCENT.fullmatch(text)
    tenths = int(found[1]) * 10 + int(found[2] or 0) if found else 0
    if not 0 < tenths <= 1000:
        raise ConditionError(f"{quoted(text)} is not a percentage above 0 and up to 100, such as 95% or 99.5%")
    if tenths == 1000:
        return Term("cached", _is_whole)
    name = f"cached>={tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''}%"
    return Term(name, lambda standing: _has_share(standing, tenths))


def _amount(text: str) -> Term:
    """Return the term for a size. A number alone is refused: who forgets the percent sign does not mean bytes."""
    if not text[-1].isalpha():
        raise ConditionError(f"{quoted(text)} has no unit; write it as 95% or 10GiB")
    try:
        least = size_of(text)
    except ValueError as error:
        raise ConditionError(str(error)) from None
    if not least:
        raise ConditionError(f"{quoted(text)} is always there; write a size above 0")
    return Term(f"cached>={least}B", lambda standing: (standing.cached_bytes or 0) >= least)


def _is_whole(standing: Standing) -> bool:
    """Return True if each file and each byte is cached, and at least one file is there."""
    files, size = standing.files, standing.size
    return bool(files) and standing.files_cached == files and size is not None and standing.cached_bytes == size


def _has_share(standing: Standing, tenths: int) -> bool:
    """Return True if so many tenths of a percent of the bytes are cached; of the files, if all are empty."""
    part, whole = standing.cached_bytes, standing.size
    if whole == 0:
        part, whole = standing.files_cached, standing.files
    return part is not None and whole is not None and whole > 0 and part * 1000 >= tenths * whole
