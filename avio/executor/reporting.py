"""What an attempt tells: its progress onto the stream, an outcome a file into its report, words into its log.

Runs in the job process. The stream may be away or wiped at any moment: counters are absolute, so the next
event repairs what was lost, and the result file tells all in the end.
"""

import logging
import threading
from collections import deque
from pathlib import Path
from typing import IO

import orjson

from avio import clock
from avio.engines.base import Entry
from avio.errors import AvioError, EngineError, Scope
from avio.executor.attempt import Attempt
from avio.faults import fault
from avio.streams import AWAY, Events, connect
from avio.wire.events import Event, FailureEvent, ProgressEvent
from avio.wire.progress import Progress
from avio.wire.results import MAX_FAILURES, REPORT_NAME, Failure, Outcome

INTERVAL = 0.5
SPEED_WINDOW = 5.0

# Failed files that are named in the log; all are in the report.
LOGGED_FAILURES = 100

log = logging.getLogger(__name__)


class Reporter:
    """The mouth of an attempt. `close` ends its thread and its files."""

    def __init__(self, attempt: Attempt, directory: Path, events_url: str | None) -> None:
        self.failures: list[Failure] = []
        self._attempt = attempt
        self._report: IO[bytes] = open(directory / REPORT_NAME, "wb", buffering=1 << 16)  # noqa: SIM115
        self._lock = threading.Lock()
        self._unsent: deque[Event] = deque(maxlen=MAX_FAILURES)
        self._events = None if events_url is None else Events(connect(events_url, timeout=1.0))
        self._seq = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._publish_forever, name="reporter", daemon=True)
        self._thread.start()

    def outcome(self, entry: Entry, outcome: Outcome, *, tier: str | None = None, tries: int = 1) -> None:
        """Report a file that is where it should be."""
        self._write(
            path=entry.path, outcome=outcome, bytes=entry.size, tier=tier, reason=None, message=None, tries=tries
        )

    def failure(self, entry: Entry, error: Exception, tries: int = 1) -> None:
        """Count and report a file that is given up, with its reason."""
        reason = error.reason if isinstance(error, AvioError) else "INTERNAL"
        hint = error.cure if isinstance(error, AvioError) else ""
        retryable = isinstance(error, EngineError) and error.scope is Scope.RETRY
        message = _storable(str(error))
        self._attempt.failed(entry, reason, hint, retryable=retryable)
        self._write(
            path=entry.path, outcome=Outcome.FAILED, bytes=0, tier=None, reason=reason, message=message, tries=tries
        )
        with self._lock:
            if len(self.failures) >= MAX_FAILURES:
                return
            self.failures.append(Failure(entry.path, reason, message, tries))
            self._unsent.append(
                FailureEvent(self._attempt.job, self._attempt.number, entry.path, reason, message, tries)
            )
            named = len(self.failures) <= LOGGED_FAILURES
        if named:
            log.warning("failed: %s: %s (%s)", entry.path, message, reason)

    def start_over(self) -> None:
        """Forget the failures so far: the work begins again."""
        with self._lock:
            self.failures.clear()
            self._report.truncate(0)
            self._report.seek(0)

    def close(self) -> None:
        """Send the last progress and close the report; waits at most a few seconds for a stream that is away."""
        self._leave.set()
        self._thread.join(timeout=5)
        with self._lock:
            self._report.close()

    def _write(self, **line: object) -> None:
        text = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            self._report.write(text)

    def _publish_forever(self) -> None:
        while True:
            last = self._leave.is_set()
            self._publish()
            if last:
                return
            self._leave.wait(INTERVAL)

    def _publish(self) -> None:
        progress = self._attempt.progress()
        progress.speed_bps = self._speed(progress)
        self._seq += 1
        batch: list[Event] = [ProgressEvent(self._attempt.job, self._attempt.number, self._seq, progress)]
        with self._lock:
            failures = list(self._unsent)
            self._unsent.clear()
        if self._events is None:
            return
        fault("executor.before-publish")
        try:
            self._events.publish(failures + batch)
        except AWAY as error:
            log.debug("stream away: %s", error)
            with self._lock:
                self._unsent.extendleft(reversed(failures))

    def _speed(self, progress: Progress) -> int:
        """Return bytes a second over the last `SPEED_WINDOW` seconds."""
        now = clock.boottime()
        self._samples.append((now, progress.counters.bytes_wire))
        while now - self._samples[0][0] > SPEED_WINDOW:
            self._samples.popleft()
        first, moved = self._samples[0]
        return int((progress.counters.bytes_wire - moved) / (now - first)) if now > first else 0


def _storable(words: str) -> str:
    """Return `words` without what no database takes: NUL, and half characters of a name that is no UTF-8."""
    return words.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
