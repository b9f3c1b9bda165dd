"""Absolute counters of a job attempt, each declared once, and its errors grouped by reason.

Written by the job process, carried by events and the result file, folded into the jobs row.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from avio.wire.timings import Eta, PhaseTime
from avio.wire.waiting import Wait

MAX_SAMPLES = 5
MAX_NUMBER = 2**63 - 1  # that databases take


class Falls(StrEnum):
    """When the value in the jobs row may fall."""

    NEVER = "never"
    AT_THE_END = "at the end"  # the result of an attempt is true; its events may come late or twice
    AT_ANY_TIME = "at any time"  # each attempt counts anew


def counter(falls: Falls = Falls.AT_THE_END) -> Any:
    """Return a dataclass field that begins at 0."""
    return field(default=0, metadata={"falls": falls})


@dataclass(slots=True)
class Counters:
    """Files and bytes of one attempt. Every number is absolute, so replay and loss do no harm.

    `done` counts files in place, `skipped` those of them that were in place before, `shared` those that another job
    moved while this one ran. `kept` counts those that stay as they are because the cache has its own version; at the
    end done + kept + failed = total. A check counts as `done` what is the same in bucket and cache, and apart what is
    `different`, `only_in_bucket` or `only_in_cache`: at the end done + these + failed = total. `bytes_wire` counts
    every byte moved, repeats included. `files_left_out` counts what can't be handled; no total has it.
    `files_repaired` counts those of which other bytes came first than those of their digest. The names are those of
    the columns of the jobs row too; in JSON `files_x` and `bytes_x` are one amount `x`, others are alone.
    """

    files_total: int = counter()
    bytes_total: int = counter()
    files_done: int = counter()
    bytes_done: int = counter()
    files_skipped: int = counter()
    bytes_skipped: int = counter()
    files_shared: int = counter()
    bytes_shared: int = counter()
    files_kept: int = counter()
    bytes_kept: int = counter()
    files_failed: int = counter(Falls.AT_ANY_TIME)
    bytes_failed: int = counter(Falls.AT_ANY_TIME)
    files_left_out: int = counter(Falls.AT_ANY_TIME)
    files_repaired: int = counter(Falls.AT_ANY_TIME)
    files_different: int = counter()
    bytes_different: int = counter()
    files_only_in_bucket: int = counter()
    bytes_only_in_bucket: int = counter()
    files_only_in_cache: int = counter()
    bytes_only_in_cache: int = counter()
    bytes_wire: int = counter(Falls.NEVER)

    def settle(self, files: int, size: int) -> None:
        """Set what is done, and what of it was skipped or shared at most."""
        self.files_done, self.bytes_done = files, size
        self.files_skipped, self.bytes_skipped = min(self.files_skipped, files), min(self.bytes_skipped, size)
        self.files_shared = min(self.files_shared, files - self.files_skipped)
        self.bytes_shared = min(self.bytes_shared, size - self.bytes_skipped)

    @property
    def bytes_left(self) -> int:
        """The bytes of files that are listed and neither done, kept nor failed."""
        return max(0, self.bytes_total - self.bytes_done - self.bytes_kept - self.bytes_failed)

    def bounded(self) -> "Counters":
        """Return a copy that databases take. Sparse files have any size, and their sums do."""
        return Counters(*(min(getattr(self, member.name), MAX_NUMBER) for member in fields(self)))


COUNTERS: dict[str, Falls] = {member.name: member.metadata["falls"] for member in fields(Counters)}


def folded(shown: Counters, newer: Counters) -> Counters:
    """Return what to show after `shown`: the newer value, but the greater one where a counter may not fall."""
    values = {
        name: getattr(newer, name) if falls is Falls.AT_ANY_TIME else max(getattr(shown, name), getattr(newer, name))
        for name, falls in COUNTERS.items()
    }
    return Counters(**values)


@dataclass(slots=True)
class ErrorGroup:
    """All failures with one reason: their number, whether a retry may help, and a few paths."""

    reason: str
    count: int = 0
    retryable: bool = False
    hint: str = ""
    samples: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Count one more failure of this reason, keeping the first few paths as samples: for people, as `readable`."""
        self.count += 1
        if len(self.samples) < MAX_SAMPLES:
            self.samples.append(path)


def joined_groups(*parts: Mapping[str, ErrorGroup]) -> list[ErrorGroup]:
    """Return copies of the groups of all `parts` (by reason). Groups of one reason become one."""
    joined: dict[str, ErrorGroup] = {}
    for part in parts:
        for reason, group in part.items():
            there = joined.setdefault(reason, replace(group, count=0, samples=[]))
            there.count += group.count
            there.samples = [*there.samples, *group.samples][:MAX_SAMPLES]
    return list(joined.values())


@dataclass(slots=True)
class MoverShare:
    """What one mover of an attempt has done: files moved or compared, bytes on the wire, processor milliseconds."""

    files: int = 0
    bytes: int = 0
    cpu_ms: int = 0


@dataclass(slots=True)
class Reserved:
    """Bytes that an attempt was promised on a tier and has not brought."""

    tier: str
    bytes: int


@dataclass(slots=True)
class Progress:
    """The progress of an attempt: the payload of a progress event, and part of a result.

    `movers` has the share of each mover; it is empty where there are none, and in events that leave it out. Speeds are
    in bytes per second, the average is that of the attempt. `in_flight` counts files that are taken and not done,
    `bytes_in_flight` the bytes that have come of them. `waiting` is what the attempt waits for, `reserved` is
    its room.
    """

    phase: str = "listing"
    total_complete: bool = False
    counters: Counters = field(default_factory=Counters)
    speed_bps: int = 0
    errors: list[ErrorGroup] = field(default_factory=list)
    movers: list[MoverShare] = field(default_factory=list)
    average_bps: int = 0
    in_flight: int = 0
    phases: list[PhaseTime] = field(default_factory=list)
    eta: Eta | None = None
    bytes_in_flight: int = 0
    waiting: Wait | None = None
    reserved: list[Reserved] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; the inverse of `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Progress":
        """Build a Progress from `to_json` output. Raise TypeError or KeyError if a member is wrong."""
        return cls(
            phase=data["phase"],
            total_complete=data["total_complete"],
            counters=Counters(**data["counters"]),
            speed_bps=data["speed_bps"],
            errors=[ErrorGroup(**group) for group in data["errors"]],
            movers=[MoverShare(**share) for share in data.get("movers", ())],
            average_bps=data.get("average_bps", 0),
            in_flight=data.get("in_flight", 0),
            phases=[PhaseTime(**phase) for phase in data.get("phases", ())],
            eta=None if data.get("eta") is None else Eta(**data["eta"]),
            bytes_in_flight=data.get("bytes_in_flight", 0),
            waiting=None if data.get("waiting") is None else Wait(**data["waiting"]),
            reserved=[Reserved(**each) for each in data.get("reserved", ())],
        )
