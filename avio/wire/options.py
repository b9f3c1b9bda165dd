"""What an option of jobs is: `Option`, the rules of one member of `avio.wire.params.Params`.

Runs in every process. Standard library only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from avio.wire.states import JobType


class Ability(StrEnum):
    """What only some engines can do. The value is how a user writes the option."""

    VERIFY_CHECKSUM = "verify=checksum"
    PLACE_ON_TIER = "tier=ALIAS"
    OVERWRITE = "onConflict=overwrite"
    OVERWRITE_RULE = "overwrite=RULE"
    SPREAD = "spread=true"
    COMPARE_BYTES = "verify=checksum of a check"
    STORE_REPORT = "reportTo=PATH"
    WAIT_FOR_ROOM = "ifFull=wait"
    EVICT = "ifFull=evict"


class Kind(StrEnum):
    """What people write in the CLI for a value that API and job have in another form."""

    BYTES = "bytes"  # a size with a unit
    MOMENT = "moment"  # a time, or how long ago
    RULES = "rules"  # --include and --exclude


@dataclass(frozen=True, slots=True)
class Option:
    """The rules of one member of `Params`.

    `choices` are the allowed words. `least` and `most` bound a number, `most` the length of a list. A text must
    match all of `pattern`. `test` raises ValueError for what is invalid otherwise. `form` describes the value.
    `verbs` are the job types that use the member. A value other than the default needs an engine with `abilities`;
    one that names a choice is needed by that choice alone. A `sensitive` value is never shown. A `live` one may
    change while the job runs: the jobs row has its present value. `names_files` marks the members that name files:
    the CLI has PATH and --from-file for them. `narrows` marks those that may take only some of the named files.
    `kind` is set if the CLI has a form of its own. `of_check` is the help for check jobs, where it is another one.
    """

    help: str
    verbs: frozenset[JobType]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    test: Callable[[Any], object] | None = None
    form: str = ""
    kind: Kind | None = None
    abilities: tuple[Ability, ...] = ()
    sensitive: bool = False
    live: bool = False
    names_files: bool = False
    narrows: bool = False
    of_check: str = ""

    def help_for(self, verb: JobType) -> str:
        """Return the help for jobs of one type."""
        return (self.of_check if verb is JobType.CHECK else "") or self.help

    @property
    def description(self) -> str:
        """The help for all types."""
        return f"{self.help} {self.of_check}" if self.of_check else self.help

    @property
    def values(self) -> str:
        """The allowed values, in words; empty if any value is allowed."""
        if self.choices:
            return " or ".join(self.choices)
        return self.form or f"{self.least} to {self.most}"

    def checked(self, value: Any) -> Any:
        """Return `value`, whose type is right. Raise ValueError with the allowed values."""
        if value is None:
            return value
        if not self._fits(value):
            raise ValueError(f"must be {self.values}")
        if self.test is not None:
            self.test(value)
        return value

    def check_count(self, value: Any) -> Any:
        """Return `value`, of any type. Raise ValueError if it is a list with too many items; they are not looked at."""
        if isinstance(value, list) and self.least is None and self.most is not None and len(value) > self.most:
            raise ValueError(f"must be {self.values}")
        return value

    def needs(self, value: Any) -> list[Ability]:
        """Return the abilities that `value` needs, which is not the default."""
        asked = ((ability, ability.partition("=")[2]) for ability in self.abilities)
        return [ability for ability, choice in asked if choice not in self.choices or value == choice]

    def schema(self) -> dict[str, Any]:
        """Return the rule as members of a JSON schema."""
        least, most = ("minItems", "maxItems") if self.least is None else ("minimum", "maximum")
        rule = {"enum": [*self.choices] or None, least: self.least, most: self.most, "pattern": self.pattern}
        return {name: value for name, value in rule.items() if value is not None}

    def _fits(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.most is not None:
            number = len(value) if isinstance(value, tuple) else value
            return bool((self.least or 0) <= number <= self.most)
        return self.pattern is None or re.fullmatch(self.pattern, value) is not None


def option(default: Any, help_: str, *verbs: JobType, **rule: Any) -> Any:
    """Return a dataclass field. Without `verbs` all types use it. `rule` has members of `Option`."""
    return field(default=default, metadata={"option": Option(help_, frozenset(verbs or JobType), **rule)})


def camel(name: str) -> str:
    """Return the name in JSON of a member."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
