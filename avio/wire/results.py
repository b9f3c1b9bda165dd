"""What an attempt leaves behind: the result file, and the lines of its report.

Written by the job process into its attempt directory, read by intake; it outlives both.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from avio.wire.progress import Progress

RESULT_NAME = "result.json"
REPORT_NAME = "report.jsonl"
ENTRIES_NAME = "entries.jsonl"
LOG_NAME = "log"

MAX_FAILURES = 1000


class Outcome(StrEnum):
    """What became of one file; the words of a report line."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that is not where it should be, by name."""

    path: str
    reason: str
    message: str
    tries: int = 1


@dataclass(slots=True)
class Result:
    """How an attempt ended. `state` is a terminal state, or "stopped" when it was asked to leave.

    `verified_files` and `verified_bytes` are what the engine found in place after the last byte;
    None where the job moves nothing. `failures` holds at most `MAX_FAILURES` files.
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

    def write(self, directory: Path) -> None:
        """Put the result file into `directory`, complete or not at all, on disk when this returns."""
        temporary = directory / (RESULT_NAME + ".part")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(directory / RESULT_NAME)

    @classmethod
    def read(cls, directory: Path) -> "Result | None":
        """Return the result of the attempt that ran in `directory`; None when it left none."""
        try:
            data: dict[str, Any] = json.loads((directory / RESULT_NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        data["progress"] = Progress.from_json(data["progress"])
        data["failures"] = [Failure(**failure) for failure in data["failures"]]
        return cls(**data)
