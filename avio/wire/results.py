"""The result file of an attempt, and the lines of its report.

Written by the job process into its attempt directory, read by intake; it outlives both.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from avio.plain_file import open_without_links
from avio.wire.plans import Plan
from avio.wire.progress import Progress
from avio.wire.timings import Timing

RESULT_NAME = "result.json"
REPORT_NAME = "report.jsonl"
FAILED_NAME = "failed.jsonl"  # the lines of the report for files that failed, were left out, or differ
ENTRIES_NAME = "entries.jsonl"
LOG_NAME = "log"
LISTING_NAME = "listing"  # what the attempt has listed; the next one on the node goes on from there

# A job covers what was there when it was listed, but no attempt uses a listing that was begun longer ago than this.
LISTING_AGE_SECONDS = 24 * 3600.0

ANY_ROOM = 0  # bytes that a job wants whose files others load: it looks again after each pause

MAX_FAILURES = 1000
MAX_RESULT_BYTES = 64 << 20  # more than any result has: its failures have a path and a message each


class Outcome(StrEnum):
    """The outcome of one file, as in a report line."""

    DONE = "done"
    SKIPPED = "skipped"  # it was in place when it was listed
    SHARED = "shared"  # another job moved it meanwhile
    KEPT = "kept"  # the cache keeps its own version: unsaved, in conflict, or deleted in the bucket
    FAILED = "failed"
    LEFT_OUT = "left_out"  # avio can't handle it
    SAME = "same"  # a check found the same bytes in bucket and cache
    DIFFERENT = "different"  # it found other bytes in the cache than in the bucket
    ONLY_IN_BUCKET = "only_in_bucket"  # it found nothing, or only a part, in the cache
    ONLY_IN_CACHE = "only_in_cache"  # it found nothing in the bucket


# In place of a tier that lacks room: the files may lie on several, so that what all have together counts.
ALL_TIERS = "*"

# What a check reports as a difference.
DIFFERENCES = (Outcome.DIFFERENT, Outcome.ONLY_IN_BUCKET, Outcome.ONLY_IN_CACHE)

# The outcomes of files that are not where they should be: a report that is cut has them, since they come first.
FIRST = (Outcome.FAILED, Outcome.LEFT_OUT, *DIFFERENCES)


OUTCOMES = {outcome.value: outcome for outcome in Outcome}  # a look costs a fifth of a call of the class


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that is not in place."""

    path: str
    reason: str
    message: str
    tries: int = 1


@dataclass(slots=True)
class Result:
    """How an attempt ended. `state` is a terminal state, or "stopped" if keeper stopped it.

    `verified_files` and `verified_bytes` count what the engine found in place after the last byte;
    None if the job moves nothing. `failures` holds at most `MAX_FAILURES` files. `local_path` is where a program on the
    node finds all that a preload brought, if that is one place. `plan` has the figures of a plan. `timing` is for the
    estimates of later jobs. A stopped attempt that found no room `wants_bytes`, on the tier `wants_tier`, on any,
    or on ALL_TIERS together; one that failed so is stopped instead where other jobs load files of it.
    """

    job: str
    attempt: int
    state: str
    reason: str | None = None
    message: str = ""
    verified_files: int | None = None
    verified_bytes: int | None = None
    progress: Progress = field(default_factory=Progress)
    failures: list[Failure] = field(default_factory=list)
    local_path: str | None = None
    plan: Plan | None = None
    timing: Timing | None = None
    wants_bytes: int | None = None
    wants_tier: str | None = None

    def write(self, directory: Path) -> None:
        """Write the result file into `directory`: complete or not at all, and on disk when this returns."""
        temporary = directory / (RESULT_NAME + ".part")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(directory / RESULT_NAME)

    @classmethod
    def read(cls, directory: Path) -> "Result | None":
        """Return the result of the attempt in `directory`, or None if there is none.

        Raise ValueError, KeyError, TypeError or AttributeError for an invalid or too large file.
        """
        try:
            with open(directory / RESULT_NAME, "rb", opener=open_without_links) as file:
                text = file.read(MAX_RESULT_BYTES + 1)
        except FileNotFoundError:
            return None
        if len(text) > MAX_RESULT_BYTES:
            raise ValueError(f"a result of more than {MAX_RESULT_BYTES} bytes")
        data: dict[str, Any] = json.loads(text)
        data["progress"] = Progress.from_json(data["progress"])
        data["plan"] = None if data.get("plan") is None else Plan.from_json(data["plan"])
        data["failures"] = [Failure(**failure) for failure in data["failures"]]
        if data.get("timing") is not None:
            data["timing"] = Timing.from_json(data["timing"])
        result = cls(**data)
        if result.wants_bytes is not None and not is_room(result.wants_bytes, result.wants_tier):
            raise ValueError(f"no room that a job can want: {result.wants_bytes} on {result.wants_tier}")
        return result


def is_room(bytes_: object, tier: object) -> bool:
    """Return True for a number of bytes, on one tier or on any."""
    return type(bytes_) is int and 0 <= bytes_ < 1 << 63 and isinstance(tier, str | None)
