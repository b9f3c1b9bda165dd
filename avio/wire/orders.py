"""The order of a job: what is asked, and what its process needs to do it without a database.

Written by intake, handed to the job process over a pipe by keeper. Standard library only.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from avio.wire.states import JobType


@dataclass(frozen=True, slots=True)
class Params:
    """The params of a JobSpec; names in JSON are the camelCase ones of the API (see `FIELDS`).

    `alluxio_uri` is a canonical path, ignored with `from_file_list`. `depth` None means all levels;
    1 means the direct children. `tier` is an alias, None lets the engine choose.
    """

    alluxio_uri: str | None = None
    depth: int | None = None
    from_file_list: bool = False
    file_list_id: str | None = None
    tier: str | None = None
    verify: str = "size"
    if_full: str = "fail"
    on_conflict: str = "fail"

    def to_json(self) -> dict[str, Any]:
        """Return the camelCase object of the API, without members that are at their default."""
        return {
            FIELDS[member.name]: getattr(self, member.name)
            for member in fields(self)
            if member.name == "from_file_list" or getattr(self, member.name) != member.default
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Params":
        """Build Params from the camelCase object; KeyError on an unknown member."""
        attributes = {name: attribute for attribute, name in FIELDS.items()}
        return cls(**{attributes[name]: value for name, value in data.items()})


FIELDS = {
    "alluxio_uri": "alluxioUri",
    "depth": "depth",
    "from_file_list": "fromFileList",
    "file_list_id": "fileListId",
    "tier": "tier",
    "verify": "verify",
    "if_full": "ifFull",
    "on_conflict": "onConflict",
}

VERIFY_CHOICES = ("size", "checksum")
IF_FULL_CHOICES = ("fail", "partial")
ON_CONFLICT_CHOICES = ("fail", "overwrite")


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of one job. `engine` holds the engine's settings, secrets among them."""

    job: str
    attempt: int
    type: JobType
    params: Params
    engine: dict[str, Any] = field(default_factory=dict)
    events_url: str | None = None
    file_list: str | None = None
    threads: int = 8

    def to_json(self) -> str:
        """Return the text that goes down the pipe: one line, no line break inside."""
        return json.dumps({**asdict(self), "params": self.params.to_json()}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Order":
        """Build an Order from `to_json` output."""
        data = json.loads(text)
        data["type"] = JobType(data["type"])
        data["params"] = Params.from_json(data["params"])
        return cls(**data)
