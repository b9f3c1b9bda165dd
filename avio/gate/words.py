"""What avio-gate says on a pod, in its annotation avio.io/gate: one line, its first word the state. Pure."""

from avio.client.errors import ApiError, ClientError
from avio.client.shapes import WaitInfo
from avio.terminal.cells import UNKNOWN, percent, printable

MOST_CHARACTERS = 500

# Of a path or condition that avio refuses. It is asked for again: a mount may be added.
REFUSALS = frozenset({400, 404, 422})


def invalid(why: str) -> str:
    """Say that the pod will wait until its annotations are corrected."""
    return _line(f"invalid: {why}")


def waits(info: WaitInfo) -> str:
    """Say what the condition lacks."""
    entry = info["entry"]
    if entry is None:
        return _line(f"waiting: {info['path']} is not there yet, or not known")
    files, cached = (UNKNOWN if count is None else str(count) for count in (entry["files"], entry["filesCached"]))
    lacks = ", ".join(info["unmet"])
    return _line(f"waiting: not yet {lacks}; {percent(entry['cachedPercent'])} cached, {cached} of {files} files")


def stands_in_line() -> str:
    """Say that other paths are asked for first."""
    return "waiting: avio-gate asks for other paths first"


def trouble(error: ClientError) -> str:
    """Say why avio does not tell how the path stands."""
    state = "invalid" if isinstance(error, ApiError) and error.status in REFUSALS else "waiting"
    return _line(f"{state}: {error.message} ({error.reason}); {error.why}")


def freed(info: WaitInfo) -> str:
    """Say what was met, and when avio had looked."""
    return _line(f"freed: {info['path']} met {info['until']} at {info['lookTime']}")


def _line(text: str) -> str:
    text = printable(text)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
