"""Findings about the environment, and how serious they are.

Made by engines and by the checks of `avio-server doctor`. Standard library only; opens no connection.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How serious a finding is."""

    GOOD = "good"
    NOTE = "note"  # check it once: avio can't see it from outside, or it could be better
    WARNING = "warning"  # avio works, but this part does not, or may surprise a user
    FAULT = "fault"  # jobs will fail


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about `subject`, and what to change. `cure` is empty if nothing is wrong."""

    severity: Severity
    subject: str
    message: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the finding as a JSON object."""
        return {name: str(value) for name, value in asdict(self).items()}


def good(subject: str, message: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(Severity.GOOD, subject, message)


def note(subject: str, message: str, cure: str) -> Finding:
    """Return a finding that somebody should check."""
    return Finding(Severity.NOTE, subject, message, cure)


def warning(subject: str, message: str, cure: str) -> Finding:
    """Return a finding that needs a change later."""
    return Finding(Severity.WARNING, subject, message, cure)


def fault(subject: str, message: str, cure: str) -> Finding:
    """Return a finding that needs a change before the first job."""
    return Finding(Severity.FAULT, subject, message, cure)
