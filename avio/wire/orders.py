"""The order of a job: the request, and all that its process needs to run it without a database.

Written by intake, handed to the job process over a pipe by keeper. Standard library only.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from avio.wire.params import Params
from avio.wire.states import JobType


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of one job. `engine` holds the engine's settings, secrets among them.

    `store_patience` is in seconds. `bytes_before` crossed the wire in earlier attempts.
    """

    job: str
    attempt: int
    type: JobType
    params: Params
    engine: dict[str, Any] = field(default_factory=dict)
    events_url: str | None = None
    file_list: str | None = None
    threads: int = 8
    store_patience: float = 600.0
    bytes_before: int = 0

    def to_json(self) -> str:
        """Return the order as one line of text for the pipe."""
        return json.dumps({**asdict(self), "params": self.params.to_json()}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Order":
        """Build an Order from `to_json` output."""
        data = json.loads(text)
        data["type"] = JobType(data["type"])
        data["params"] = Params.from_json(data["params"])
        return cls(**data)
