"""How long the master's books lag behind the workers. This is the one rule about it.

Used in the job process. A worker reports dropped and evicted blocks with its next heartbeat. It learns of a free
only by the answer to a heartbeat, and reports what it removed with the one after.
"""

import re
from collections.abc import Mapping

INTERVAL_SETTING = "alluxio.worker.block.heartbeat.interval"
DEFAULT_INTERVAL_SECONDS = 1.0  # Alluxio's own default
HEARTBEATS = 2  # one that brings the order to free, and one that reports the removal
SLACK_SECONDS = 0.5  # for the removal itself, and for a heartbeat that is late

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


def lag_seconds(configuration: Mapping[str, str]) -> float:
    """Return the seconds after which the master knows of all that happened before, by the settings in force."""
    return HEARTBEATS * interval_seconds(configuration.get(INTERVAL_SETTING)) + SLACK_SECONDS


def interval_seconds(text: str | None) -> float:
    """Return the seconds of a duration as Alluxio writes it, e.g. 1sec, 500ms or 2min; the default if it has none."""
    match = _DURATION.fullmatch(text.strip()) if text else None
    if match is None:
        return DEFAULT_INTERVAL_SECONDS
    number, unit = float(match[1]), match[2].lower()
    if unit.startswith(("ms", "milli")) or not unit:
        return number * _UNITS["ms"]
    return number * _UNITS.get(unit[0], _UNITS["s"])
