"""The options of a job, each declared once: `Params`. API, CLI, rules and the job process derive theirs from it.

Runs in every process. Standard library only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from avio.wire.paths import canonical, decoded, respelled, spelled
from avio.wire.states import JobType

LS, PRELOAD, SAVE, STAT = JobType.LS, JobType.PRELOAD, JobType.SAVE, JobType.STAT
MAX_DEPTH = 1000
MASK = "***"


class Ability(StrEnum):
    """What only some engines can do. The value is how a user writes the option."""

    VERIFY_CHECKSUM = "verify=checksum"
    PLACE_ON_TIER = "tier=ALIAS"
    OVERWRITE = "onConflict=overwrite"
    SPREAD = "spread=true"


@dataclass(frozen=True, slots=True)
class Option:
    """The rules of one member of `Params`.

    `choices` are the allowed words. `least` and `most` bound a number. A text must match all of `pattern`; `form`
    describes it. `verbs` are the job types that use the member. A value other than the default needs an engine with
    `ability`. A `sensitive` value is never shown. `names_files` marks the members that select files: the CLI has
    PATH and --from-file for them.
    """

    help: str
    verbs: frozenset[JobType]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    form: str = ""
    ability: Ability | None = None
    sensitive: bool = False
    names_files: bool = False

    @property
    def values(self) -> str:
        """The allowed values, in words; empty if any value is allowed."""
        if self.choices:
            return " or ".join(self.choices)
        return f"{self.least} to {self.most}" if self.least is not None else self.form

    def checked(self, value: Any) -> Any:
        """Return `value`, whose type is right. Raise ValueError with the allowed values."""
        if value is None or self._fits(value):
            return value
        raise ValueError(f"must be {self.values}")

    def schema(self) -> dict[str, Any]:
        """Return the rule as members of a JSON schema."""
        rule = {"enum": [*self.choices] or None, "minimum": self.least, "maximum": self.most, "pattern": self.pattern}
        return {name: value for name, value in rule.items() if value is not None}

    def _fits(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.least is not None and self.most is not None:
            return bool(self.least <= value <= self.most)
        return self.pattern is None or re.fullmatch(self.pattern, value) is not None


def option(default: Any, help_: str, *verbs: JobType, **rule: Any) -> Any:
    """Return a dataclass field. Without `verbs` all types use it. `rule` has members of `Option`."""
    return field(default=default, metadata={"option": Option(help_, frozenset(verbs or JobType), **rule)})


@dataclass(frozen=True, slots=True)
class Params:
    """The params of a JobSpec. The names in JSON are the same in camelCase."""

    alluxio_uri: str | None = option(
        None,
        "The path: /path or alluxio://host:port/path; ignored with fromFileList.",
        form="a path",
        names_files=True,
    )
    alluxio_uri_encoded: bool = option(
        False,
        "alluxioUri is percent-encoded; for names that are not UTF-8.",
        names_files=True,
    )
    depth: int | None = option(
        None,
        "Levels below the path: 0 for the path alone, a file; 1 for its direct children; absent means all.",
        LS,
        PRELOAD,
        SAVE,
        least=0,
        most=MAX_DEPTH,
    )
    symlinks: str = option(
        "error",
        "Symlinks: end as partial without them, leave them out, or load what they lead to.",
        PRELOAD,
        SAVE,
        choices=("error", "skip", "follow"),
    )
    from_file_list: bool = option(
        False,
        "Take the paths from an uploaded list.",
        names_files=True,
    )
    file_list_id: str | None = option(
        None,
        "The uploaded list.",
        pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        form="an id from POST /filelists",
        names_files=True,
    )
    tier: str | None = option(
        None,
        "The tier to load into, by its alias; absent means that the engine chooses.",
        PRELOAD,
        pattern=r"^[A-Za-z0-9_-]{1,32}$",
        form="an alias: 1 to 32 letters, digits, - and _",
        ability=Ability.PLACE_ON_TIER,
    )
    spread: bool = option(
        False,
        "Let files go to the next tier when one is full; otherwise those to be loaded go to one tier.",
        PRELOAD,
        ability=Ability.SPREAD,
    )
    verify: str = option(
        "size",
        "What to compare after the last byte.",
        PRELOAD,
        SAVE,
        choices=("size", "checksum"),
        ability=Ability.VERIFY_CHECKSUM,
    )
    if_full: str = option(
        "fail",
        "What to do if not all fits: refuse, or load what fits.",
        PRELOAD,
        choices=("fail", "partial"),
    )
    on_conflict: str = option(
        "fail",
        "What to do with a file whose object changed too: fail it, or overwrite the object.",
        SAVE,
        choices=("fail", "overwrite"),
        ability=Ability.OVERWRITE,
    )

    @classmethod
    def at(cls, path: str, **values: Any) -> "Params":
        """Return the params of a job at the canonical `path`, whatever its names."""
        text, is_encoded = spelled(path)
        return cls(alluxio_uri=text, alluxio_uri_encoded=is_encoded, **values)

    @property
    def path(self) -> str:
        """The canonical path, with a lone surrogate for each byte that is not UTF-8; `/` for a file list."""
        return decoded(self.alluxio_uri or "/", encoded=self.alluxio_uri_encoded)

    def to_json(self) -> dict[str, Any]:
        """Return the camelCase object of the API, without members that have their default."""
        return {
            camel(member.name): getattr(self, member.name)
            for member in fields(self)
            if member.name == "from_file_list" or getattr(self, member.name) != member.default
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Params":
        """Build Params from the camelCase object. Raise KeyError for an unknown member."""
        names = {camel(name): name for name in OPTIONS}
        return cls(**{names[name]: value for name, value in data.items()})

    def abilities(self) -> list[Ability]:
        """Return the abilities that the engine needs."""
        asked = [member.name for member in fields(self) if getattr(self, member.name) != member.default]
        return [ability for name in asked if (ability := OPTIONS[name].ability)]


OPTIONS: dict[str, Option] = {member.name: member.metadata["option"] for member in fields(Params)}


def camel(name: str) -> str:
    """Return the name in JSON of a member."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def check(params: Params) -> tuple[Params, dict[str, str]]:
    """Return `params` with a canonical path, and its errors: JSON name and message of each invalid member."""
    values, wrong = {}, {}
    for name, rule in OPTIONS.items():
        try:
            value = rule.checked(getattr(params, name))
            values[name] = path_or_list(name, value, params.from_file_list, encoded=params.alluxio_uri_encoded)
        except ValueError as error:
            wrong[camel(name)] = str(error)
    return replace(params, **values), wrong


def path_or_list(name: str, value: Any, from_file_list: bool | None, *, encoded: bool = False) -> Any:
    """Return the used `value` of member `name`: a job has a canonical path or the id of a list, never both.

    Raises ValueError if it is missing or has no effect. `from_file_list` None means that it is invalid itself.
    """
    if name == "alluxio_uri":
        if from_file_list:
            return None
        if value is None:
            raise ValueError("is missing; give a path, or fromFileList=true with a fileListId")
        return respelled(value) if encoded else canonical(value)
    if name == "file_list_id":
        if from_file_list and value is None:
            raise ValueError("is missing; upload the list with POST /filelists and give its fileListId")
        if value is not None and from_file_list is False:
            raise ValueError("has no effect without fromFileList=true; add that or remove this")
    return value


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the camelCase object of the API as it may be shown to people: sensitive values are masked."""
    masked = {camel(name) for name, rule in OPTIONS.items() if rule.sensitive}
    return {name: MASK if name in masked else value for name, value in data.items()}
