"""Keeps as they cross process boundaries: intake writes the open ones of all users into a file for its jobs.

Standard library only.
"""

import json
from dataclasses import dataclass
from enum import StrEnum

# A file that is older says nothing: its reader takes all for kept.
FRESH_SECONDS = 5.0
# From the making of a keep until whatever drops files knows of it: it looks again after FRESH_SECONDS at most, and
# ends the drop of the file at hand.
HOLDS_AFTER_SECONDS = 15.0


class Status(StrEnum):
    """What a keep is."""

    STARTING = "starting"  # what drops files may not know of it yet
    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class OpenKeep:
    """A path that a user keeps. `ends` is in seconds of CLOCK_BOOTTIME of the machine; None without an end."""

    path: str
    uid: int
    user: str
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class OpenKeeps:
    """All open keeps as they were at `read`, in seconds of CLOCK_BOOTTIME."""

    read: float
    keeps: tuple[OpenKeep, ...]

    def to_json(self) -> str:
        """Return the text of the file."""
        rows = [[keep.path, keep.uid, keep.user, keep.ends] for keep in self.keeps]
        return json.dumps({"read": self.read, "keeps": rows}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> "OpenKeeps":
        """Build it from `to_json` output. Raise ValueError, KeyError or TypeError for anything else."""
        found = json.loads(text)
        return cls(float(found["read"]), tuple(OpenKeep(*each) for each in found["keeps"]))
