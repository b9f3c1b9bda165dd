"""Logging of every process: one JSON object on each line, on standard error.

Called once, at the start of each process. Control characters in names are escaped by JSON itself.
"""

import json
import logging
import sys
from datetime import UTC, datetime

MAX_LINE = 8192

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One line for each record: time, level, logger, message, then the members of `extra=`."""

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
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-MAX_LINE:]
        return json.dumps(line, ensure_ascii=True, default=str)


def start_logging(process: str, level: str = "info") -> None:
    """Send every record of `level` and above to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
