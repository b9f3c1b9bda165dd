"""Moments as texts: RFC 3339 times with an offset, such as `2026-05-02T11:40:05+08:00`.

Runs in every process. Standard library only.
"""

import re
from datetime import datetime

# A regular expression of JSON Schema. Some dates that it takes don't exist.
PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
FORM = "a time with its offset, such as 2026-05-02T11:40:05+08:00"


def epoch(text: str) -> float:
    """Return the epoch seconds of a time. Raise ValueError if it is none."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"must be {FORM}")
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"must be {FORM}; no calendar has this one") from None
