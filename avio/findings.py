"""What a look at the surroundings found, and how much it matters.

Made by engines and by the sections of `avio-server doctor`. Standard library only; opens nothing.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    NOTE = "note"  # to be looked at once: it can't be seen from outside, or could be better
    WARNING = "warning"  # avio works, but what is said does not, or may surprise
    FAULT = "fault"  # jobs will fail


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of `subject`, and what to change; `cure` is empty when all is well."""

    severity: Severity
    subject: str
    message: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as a JSON object."""
        return {name: str(value) for name, value in asdict(self).items()}


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
