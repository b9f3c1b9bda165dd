"""What a run was asked for, and what it has to say beside figures. Every path takes a Plan."""

from dataclasses import dataclass, field
from pathlib import Path


class Skipped(Exception):
    """This machine can't measure the path; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`directory` is in memory, `disk` on a disk; both are removed after the path. `gib` is the size of one object."""

    directory: Path
    disk: Path
    rounds: int
    gib: int
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something that is printed below the figures, once."""
        if text not in self.notes:
            self.notes.append(text)
