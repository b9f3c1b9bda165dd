"""What the doctor found, and how much it matters.

Used by the doctor and `avio-server doctor`. Opens nothing.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    NOTE = "note"  # can't be seen from outside: to be looked at once
    WARNING = "warning"  # avio works, but what is said does not, or may surprise
    FAULT = "fault"  # jobs will fail


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of `subject`, and what to change; `cure` is empty when all is well."""

    severity: Severity
    subject: str
    message: str
    cure: str = ""


def good(subject: str, message: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(Severity.GOOD, subject, message)


def note(subject: str, message: str, cure: str) -> Finding:
    """Return one that asks for a look."""
    return Finding(Severity.NOTE, subject, message, cure)


def warning(subject: str, message: str, cure: str) -> Finding:
    """Return one that asks for a change, in time."""
    return Finding(Severity.WARNING, subject, message, cure)


def fault(subject: str, message: str, cure: str) -> Finding:
    """Return one that asks for a change before the first job."""
    return Finding(Severity.FAULT, subject, message, cure)
