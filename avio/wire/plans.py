"""What a plan says: the figures of the job that it is made for, where that fits, and what a person should know.

Written by the job process into its result file, kept in the jobs row. Standard library only.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What the job would do with a file: the last member of a line of the plan."""

    LOAD = "load"
    SAVE = "save"
    SKIP = "skip"  # it is in place
    KEEP = "keep"  # the cache keeps its own version
    FAIL = "fail"  # the job could not move it


MOVES = (Action.LOAD, Action.SAVE)


@dataclass(slots=True)
class PlannedTier:
    """A tier that the job may use: its free bytes, and whether all that is to be loaded fits there.

    `reserved` bytes were promised to running jobs. `droppable` ones may be dropped for the job at most.
    """

    alias: str
    capacity: int
    free: int
    fits: bool
    reserved: int = 0
    droppable: int = 0


@dataclass(slots=True)
class Notice:
    """What a person should know before the job is ordered. `reason` is for programs."""

    reason: str
    message: str


@dataclass(slots=True)
class Plan:
    """The figures of a plan: files and bytes, as the job would count them.

    `summary` is the sentence that a person wants. files = in place + to move + kept + failed. `files_dirty` are not
    saved, `files_conflict` changed on both sides. `requests` is the least number of requests to the store, None if it
    is unknown. `fits` is None if there is no cache to fill, or its room is unknown. `evicts` bytes of other data would
    give way.
    """

    summary: str = ""
    files: int = 0
    bytes: int = 0
    files_in_place: int = 0
    bytes_in_place: int = 0
    files_to_move: int = 0
    bytes_to_move: int = 0
    files_kept: int = 0
    bytes_kept: int = 0
    files_failed: int = 0
    files_dirty: int = 0
    files_conflict: int = 0
    files_left_out: int = 0
    files_excluded: int = 0
    requests: int | None = None
    fits: bool | None = None
    evicts: int = 0
    tiers: list[PlannedTier] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Plan":
        """Build a Plan from the JSON of its members. Raise TypeError or KeyError if one is wrong."""
        tiers = [PlannedTier(**tier) for tier in data.pop("tiers")]
        warnings = [Notice(**each) for each in data.pop("warnings")]
        return cls(**data, tiers=tiers, warnings=warnings)
