"""W3C Trace Context: the header `traceparent` of a request, and the trace that the present work belongs to.

Web reads the header; the job keeps it, and its log lines name the trace. Standard library only.
"""

import re
from contextvars import ContextVar

# The traceparent of the request that this thread answers; None outside of one, and for a request without it.
current: ContextVar[str | None] = ContextVar("trace", default=None)

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
)
_LATER = re.compile(r"-[\x20-\x7e]*")  # what a later version may add
MAX_HEADER = 512  # characters


def parse(header: str | None) -> str | None:
    """Return the traceparent of a header, as of version 00; None for one that is invalid: it counts as none."""
    if header is None or len(header) > MAX_HEADER:
        return None
    found = _TRACEPARENT.match(header.strip())
    if found is None or found["version"] == "ff" or not int(found["trace"], 16) or not int(found["parent"], 16):
        return None
    rest = header.strip()[found.end() :]
    if rest and (found["version"] == "00" or _LATER.fullmatch(rest) is None):
        return None
    return f"00-{found['trace']}-{found['parent']}-{found['flags']}"


def trace_id(traceparent: str | None) -> str | None:
    """Return the id of the trace, for log lines."""
    return None if traceparent is None else traceparent.split("-")[1]
