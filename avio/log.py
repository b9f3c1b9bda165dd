"""Logging of every process: one JSON object on each line, on standard error.

Called once, at the start of each process. Control characters in names are escaped by JSON itself.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from avio.wire import traces

MAX_LINE = 8192
AGAIN_SECONDS = 60.0

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One line for each record: time, level, logger, message, the trace if any, then the members of `extra=`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON line of at most `MAX_LINE` characters of message."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage()[:MAX_LINE],
        }
        if (trace := traces.trace_id(traces.current.get())) is not None:
            line["traceId"] = trace
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-MAX_LINE:]
        return json.dumps(line, ensure_ascii=True, default=str)


def start_logging(process: str, level: str = "info") -> None:
    """Send every record of `level` and above to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


class LogPace:
    """Says which of many equal texts are logged: the first, and one a minute for as long as it goes on.

    It keeps a loop that meets the same trouble several times a second from filling the log.
    """

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def is_due(self, text: str) -> bool:
        """Return True if `text` was not logged within the last minute."""
        now = time.monotonic()
        self._logged = {each: when for each, when in self._logged.items() if now - when < AGAIN_SECONDS}
        return self._logged.setdefault(text, now) == now
