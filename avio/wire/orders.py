"""The order of a job: the request, and all that its process needs to run it without a database.

Written by intake, handed to the job process over a pipe by keeper. Standard library only.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from avio.wire.limits import NO_LIMITS, Limits
from avio.wire.params import Params
from avio.wire.states import JobType
from avio.wire.timings import Timing


@dataclass(frozen=True, slots=True)
class EarlierJob:
    """A preload that ran when the order was made: what it loads is not loaded again, but waited for."""

    job: str
    params: Params


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of one job. `engine` holds the engine's settings, secrets among them.

    `store_patience` and `room_patience` are in seconds. `bytes_before` crossed the wire in earlier attempts.
    `movers` is the most mover processes of a job; 0: by the processors of the node. `limits` are those to begin
    with: they may have changed since the request. `looks` is the file for `Engine.use_looks`, `keeps` that of
    `Engine.kept`. `past` are the timings of jobs like this one, newest first. `earlier` are the preloads
    whose files it waits for. A job that `spares` drops no files of others: jobs that load files of it end first.
    `trace` is the traceparent of the request that ordered the job.
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
    room_patience: float = 86_400.0
    bytes_before: int = 0
    movers: int = 0
    limits: Limits = NO_LIMITS
    looks: str | None = None
    keeps: str | None = None
    past: tuple[Timing, ...] = ()
    earlier: tuple[EarlierJob, ...] = ()
    spares: bool = False
    trace: str | None = None

    @property
    def names_several(self) -> bool:
        """Return True if the order has several paths, or a file list. Then a file may be named more than once."""
        return self.file_list is not None or bool(self.params.paths)

    def to_json(self) -> str:
        """Return the order as one line of text for the pipe."""
        earlier = [{"job": each.job, "params": each.params.to_json()} for each in self.earlier]
        return json.dumps({**asdict(self), "params": self.params.to_json(), "earlier": earlier}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Order":
        """Build an Order from `to_json` output."""
        data = json.loads(text)
        data["type"] = JobType(data["type"])
        data["params"] = Params.from_json(data["params"])
        data["limits"] = Limits(**data.get("limits", {}))
        data["earlier"] = tuple(
            EarlierJob(each["job"], Params.from_json(each["params"])) for each in data.get("earlier", ())
        )
        data["past"] = tuple(Timing.from_json(each) for each in data.get("past", ()))
        return cls(**data)
