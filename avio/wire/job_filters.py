"""Filters of jobs as people type them, in `GET /jobs` and `avio jobs`: `status:failed path:/datasets/* since:2d`.

Runs in web and in the CLI. Standard library only.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from typing import NamedTuple

from avio.wire import durations, labels, moments, path_terms
from avio.wire.digits import quoted
from avio.wire.globs import GlobError
from avio.wire.path_terms import PathTerm
from avio.wire.states import JobType, State

MAX_CHARACTERS = 1000
MAX_VALUES = 8

STATUSES = tuple(state.value for state in State)
TYPES = tuple(kind.name.lower() for kind in JobType)

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FilterError(ValueError):
    """The filter is invalid. The message has every error, and says what to do."""


class LabelTerm(NamedTuple):
    """A label by its name, with a value, or with any (None)."""

    name: str
    value: str | None

    def matches(self, of_job: Mapping[str, str]) -> bool:
        """Return True if it is one of a job's labels."""
        return self.name in of_job and self.value in (None, of_job[self.name])


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a filter asks for; None is any. Of each member's values a job must have one.

    `since` and `until` are of its submission, as text: see `moment`.
    """

    status: tuple[State, ...] | None = None
    type: tuple[JobType, ...] | None = None
    path: tuple[PathTerm, ...] | None = None
    user: tuple[str, ...] | None = None
    name: tuple[str, ...] | None = None
    node: tuple[str, ...] | None = None
    label: tuple[LabelTerm, ...] | None = None
    since: str | None = None
    until: str | None = None


def parse(text: str) -> JobFilter:
    """Return the filter of `term:value,value ...`. Raise FilterError with every error at once."""
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"is longer than {MAX_CHARACTERS} characters; give fewer terms")
    found: dict[str, object] = {}
    wrong: list[str] = []
    for word in _words(text):
        term, colon, value = word.partition(":")
        try:
            if term not in TERMS or not colon:
                raise FilterError(
                    f"{quoted(word)} is not a term; the terms are {', '.join(f'{name}:' for name in TERMS)}"
                )
            if term in found:
                raise FilterError(f"{term}: occurs more than once; give its values with commas")
            found[term] = TERMS[term](_values(term, value))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise FilterError("; ".join(wrong))
    return JobFilter(**found)  # type: ignore[arg-type]  # each term reads its member


def moment(text: str, now: float, zone: timezone) -> float:
    """Return the epoch seconds of `2d` (so long before `now`), of a day in `zone`, or of a time with its offset."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
    if text[:4].isdigit() and text[4:5] == "-":
        return moments.epoch(text)
    return now - durations.seconds_of(text)


def _words(text: str) -> Iterator[str]:
    if text.count('"') % 2:
        raise FilterError('has a " that is not closed; write path:"/data/a b" for a value with blanks')
    return iter(_WORD.findall(text))


def _values(term: str, text: str) -> list[str]:
    """Return the values between commas, but for commas in quotes and in the braces of globs."""
    values, nested, quotes = [""], 0, False
    for character in text:
        if character == '"':
            quotes = not quotes
            continue
        nested += (character == "{") - (character == "}") if not quotes else 0
        if character == "," and not quotes and not nested:
            values.append("")
        else:
            values[-1] += character
    if not all(values):
        raise FilterError(f"{term}: has an empty value; write {term}:VALUE or {term}:VALUE,VALUE")
    if len(values) > MAX_VALUES:
        raise FilterError(f"{term}: has more than {MAX_VALUES} values; give fewer")
    return values


def _statuses(values: list[str]) -> tuple[State, ...]:
    return tuple(State(_one_of("status", value, STATUSES)) for value in values)


def _types(values: list[str]) -> tuple[JobType, ...]:
    return tuple(JobType[_one_of("type", value, TYPES).upper()] for value in values)


def _one_of(term: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise FilterError(f"{term}: {quoted(value)} is unknown; it is one of {', '.join(known)}")
    return value


def _paths(values: list[str]) -> tuple[PathTerm, ...]:
    return tuple(map(_path, values))


def _path(value: str) -> PathTerm:
    try:
        return path_terms.parse(value)
    except GlobError as error:
        raise FilterError(f"path: {quoted(value)} {error}") from None


def _labels(values: list[str]) -> tuple[LabelTerm, ...]:
    return tuple(map(_label, values))


def _label(text: str) -> LabelTerm:
    name, equals, value = text.partition("=")
    if not re.fullmatch(labels.NAME, name):
        raise FilterError(f"label: {quoted(text)} has no name of a label; write label:team or label:team=vision")
    return LabelTerm(name, value if equals else None)


def _time_of(term: str) -> Callable[[list[str]], str]:
    def read(values: list[str]) -> str:
        if len(values) > 1:
            raise FilterError(f"{term}: takes one time")
        try:
            moment(values[0], 0.0, UTC)
        except (ValueError, OverflowError):
            forms = f"{durations.FORMS} for so long ago, a day as 2026-05-02, or {moments.FORM}"
            raise FilterError(f"{term}: {quoted(values[0])} is not a time; {forms}") from None
        return values[0]

    return read


# What reads the values of each term.
TERMS: dict[str, Callable[[list[str]], object]] = {
    "status": _statuses,
    "type": _types,
    "path": _paths,
    "user": tuple,
    "name": tuple,
    "node": tuple,
    "label": _labels,
    "since": _time_of("since"),
    "until": _time_of("until"),
}
