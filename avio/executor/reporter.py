"""Publishes an attempt's progress on the stream and writes its report, one line for each file; failures apart.

Runs in the job process. The stream may be unavailable or wiped at any moment: counters are absolute, so the
next event repairs what was lost, and the result file holds everything in the end.
"""

import logging
import os
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import orjson

from avio import clock
from avio.engines.base import Entry, EntryState, Moved
from avio.engines.left_out import LeftOut
from avio.errors import AvioError, EngineError, Scope
from avio.executor.attempt import Attempt
from avio.executor.silence import SilenceWatch
from avio.executor.timekeeper import Timekeeper
from avio.executor.verdict import BothChanged
from avio.faults import fault
from avio.streams import AWAY, Events, connect
from avio.terminal.cells import printable
from avio.undecoded import described, readable
from avio.wire.events import Event, FailureEvent, ProgressEvent
from avio.wire.paths import shown_path
from avio.wire.proofs import KEY_NAME
from avio.wire.results import FAILED_NAME, FIRST, MAX_FAILURES, REPORT_NAME, Failure, Outcome

INTERVAL_SECONDS = 0.5
MOVERS_SECONDS = 5.0  # between two events that tell what each mover has done; the result tells it too

# How long one publish may take, and how long `close` waits for the last one.
PUBLISH_SECONDS = 1.0
CLOSE_SECONDS = 5.0

# Failed files that are named in the log; all are in the report.
LOGGED_FAILURES = 100

# Why a file is left as it is, by its state.
KEPT = {
    EntryState.DIRTY: "dirty: the cached file is not saved to the bucket",
    EntryState.CONFLICT: "conflict: the cached file and the bucket's both changed",
    EntryState.STALE: "stale: the cached file is older than the bucket's",
    EntryState.GONE: "gone: the bucket's file was deleted after the cached one was taken from it",
}

SPARED = "not saved: the bucket has another object there, and overwrite says to keep it"

log = logging.getLogger(__name__)


class Reporter:
    """Publishes an attempt's progress and writes its report. `close` ends both, `close_report` the report alone."""

    def __init__(
        self, attempt: Attempt, directory: Path, events_url: str | None, timekeeper: Timekeeper | None = None
    ) -> None:
        self.failures: list[Failure] = []
        self._attempt = attempt
        self._timekeeper = timekeeper or Timekeeper(attempt)
        self._silence = SilenceWatch(attempt)
        self._report, self._failed = (_open(directory / name) for name in (REPORT_NAME, FAILED_NAME))
        self._lock = threading.Lock()
        self._unsent: deque[Event] = deque(maxlen=MAX_FAILURES)
        key = _take_key(directory)
        self._events = None if events_url is None else Events(connect(events_url, timeout=PUBLISH_SECONDS), key=key)
        self._seq = 0
        self._movers_due = 0.0
        self._fault = ""
        self._left_out = 0
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._publish_forever, name="reporter", daemon=True)
        self._thread.start()

    def kept(self, entry: Entry, *, spared: bool = False) -> None:
        """Report a file of which the cache keeps its own version, and why. `spared`: the job keeps both."""
        reason = BothChanged.reason if entry.state is EntryState.CONFLICT and not spared else None
        message, outcome = SPARED if spared else KEPT[entry.state], Outcome.KEPT
        self._write(
            path=entry.path, outcome=outcome, bytes=entry.size, tier=None, reason=reason, message=message, tries=1
        )

    def outcome(self, entry: Entry, outcome: Outcome, *, tier: str | None = None, tries: int = 1) -> None:
        """Report a file that is in place, or one that was left as it is."""
        self._write(
            path=entry.path, outcome=outcome, bytes=entry.size, tier=tier, reason=None, message=None, tries=tries
        )

    def all_done(self, moved: Sequence[Moved]) -> None:
        """Report files that arrived as they were listed, at the first try."""
        if not "".join([each.entry.path for each in moved]).isascii():
            for each in moved:
                self.outcome(each.entry, Outcome.DONE, tier=each.tier)
            return
        rest = {"reason": None, "message": None, "tries": 1}
        lines = [
            orjson.dumps(
                {"path": each.entry.path, "outcome": Outcome.DONE, "bytes": each.bytes, "tier": each.tier, **rest},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for each in moved
        ]
        with self._lock:
            self._report.writelines(lines)

    def failure(self, entry: Entry, error: Exception, tries: int = 1) -> None:
        """Count and report a file that is given up, with the reason of `error`."""
        reason = error.reason if isinstance(error, AvioError) else "INTERNAL"
        hint = error.cure if isinstance(error, AvioError) else ""
        retryable = isinstance(error, EngineError) and error.scope is Scope.RETRY
        message = _storable(described(error))
        self._attempt.failed(entry, reason, hint, retryable=retryable)
        self._write(
            path=entry.path, outcome=Outcome.FAILED, bytes=0, tier=None, reason=reason, message=message, tries=tries
        )
        with self._lock:
            if len(self.failures) >= MAX_FAILURES:
                return
            path = shown_path(entry.path)
            self.failures.append(Failure(path, reason, message, tries))
            self._unsent.append(FailureEvent(self._attempt.job, self._attempt.number, path, reason, message, tries))
            named = len(self.failures) <= LOGGED_FAILURES
        if named:
            log.warning("failed: %s: %s (%s)", printable(entry.path), printable(message), reason)

    def left_out(self, left: LeftOut) -> None:
        """Report a file that the job can't handle, and name the first ones in the log."""
        message = _storable(left.message)
        self._write(
            path=left.path, outcome=Outcome.LEFT_OUT, bytes=0, tier=None, reason=left.reason, message=message, tries=0
        )
        with self._lock:
            self._left_out += 1
            named = self._left_out <= LOGGED_FAILURES
        if named:
            log.warning("left out: %s: %s (%s)", printable(left.path), printable(message), left.reason)

    def close(self) -> None:
        """Publish the last progress and close the report; waits at most `CLOSE_SECONDS` for the stream."""
        self._leave.set()
        self._thread.join(timeout=CLOSE_SECONDS)
        self.close_report()

    def close_report(self) -> None:
        """Close the report, which is complete. Raise OSError if its disk is full. Progress goes on."""
        with self._lock:
            self._report.close()
            self._failed.close()

    def _write(self, *, path: str, outcome: Outcome, **line: object) -> None:
        shown = shown_path(path)
        named: dict[str, object] = {"path": shown, "outcome": outcome, **line}
        if shown is not path:  # it is not UTF-8
            named["pathBytes"] = b64encode(os.fsencode(path)).decode()
        text = orjson.dumps(named, option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            (self._failed if outcome in FIRST else self._report).write(text)

    def _publish_forever(self) -> None:
        while True:
            last = self._leave.is_set()
            self._attempt.beat_for_silent()
            try:
                self._publish()
            except Exception as error:  # of whatever kind: the next event, or the result, has everything
                if repr(error) != self._fault:
                    log.exception("progress was not published")
                self._fault = repr(error)
            if last:
                return
            self._leave.wait(INTERVAL_SECONDS)

    def _publish(self) -> None:
        self._silence.look()
        progress = self._attempt.progress()
        self._timekeeper.watch(progress)
        if (now := clock.boottime()) < self._movers_due:
            progress.movers = []
        elif progress.movers:
            self._movers_due = now + MOVERS_SECONDS
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
            log.debug("stream unavailable: %s", error)  # also a full one, or one that lets nobody write
            with self._lock:
                self._unsent.extendleft(reversed(failures))


def _take_key(directory: Path) -> str:
    """Return the key that signs the events of this attempt, and remove its file; "" if there is none."""
    file = directory / KEY_NAME
    try:
        key = file.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
    file.unlink()
    return key


def _open(file: Path) -> IO[bytes]:
    return open(file, "wb", buffering=1 << 16)


def _storable(words: str) -> str:
    """Return `words` without what databases refuse: NUL, and lone surrogates of a name that is not UTF-8."""
    return readable(words.replace("\0", "\\0"))
