"""The jobs that a new job waits for, as texts: an id, or an id with `:succeeded`.

Runs in web and the CLI. Standard library only.
"""

import re
from dataclasses import dataclass

SUCCEEDED = ":succeeded"
PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}(?::succeeded)?$"
MAX_AFTER = 20


@dataclass(frozen=True, slots=True)
class After:
    """A job that must have ended, or must have succeeded."""

    job: str
    must_succeed: bool

    @property
    def text(self) -> str:
        """The text that `parse` reads."""
        return self.job + (SUCCEEDED if self.must_succeed else "")


def parse(text: str) -> After:
    """Return what a text says. Raise ValueError for anything else."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"{text[:60]!r} is not the id of a job, or one with {SUCCEEDED}")
    return After(text.removesuffix(SUCCEEDED), text.endswith(SUCCEEDED))
