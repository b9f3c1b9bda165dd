"""What an attempt waits for. Its engine and its patience say when a wait begins and ends; the log has a line for each.

Runs in the job process. Any thread may call it.
"""

import logging
import threading
from dataclasses import dataclass

from avio import clock
from avio.errors import EngineError
from avio.terminal.cells import printable
from avio.undecoded import readable
from avio.wire.waiting import Wait, Why

MAX_CHARACTERS = 1000  # of an error

Sign = tuple[int, ...]  # numbers that change when the work goes on

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Begun:
    wait: Wait
    moment: float  # seconds on CLOCK_BOOTTIME
    passes: bool  # it ends with the next sign
    sign: Sign | None = None  # the first one since


class Waits:
    """The waits of one attempt, each by the part of the work that waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[object, _Begun] = {}

    def told(self) -> Wait | None:
        """Return the oldest wait for a store with an error, or else the oldest; None while nothing waits."""
        with self._lock:
            return self._told()

    def _told(self) -> Wait | None:
        waits = (each.wait for each in self._begun.values())
        return min(waits, key=lambda wait: (wait.why == Why.STORE_SILENT, wait.since_ms), default=None)

    def say(self, error: EngineError | None, of: object) -> None:
        """Say that `of` waits since a store answered with `error`; None: it no longer waits."""
        if error is None:
            self.end(of)
        else:
            self.begin(of, Why.STORE_UNAVAILABLE, error.message)

    def begin(self, of: object, why: Why, what: str = "", *, seconds: float = 0.0, passes: bool = False) -> None:
        """Say that `of` waits, for so many seconds already. A wait that goes on only changes what for.

        One that `passes` ends with the next sign of the work. One that begins during others is as old as they are.
        """
        what = readable(what.replace("\0", "\\0"))[:MAX_CHARACTERS]
        with self._lock:
            before = self._told()
            now = clock.boottime()
            begun = self._begun.get(of) or min(self._begun.values(), key=lambda each: each.moment, default=None)
            since_ms = begun.wait.since_ms if begun else round((clock.now() - seconds) * 1000)
            moment = begun.moment if begun else now - seconds
            self._begun[of] = _Begun(Wait(why.value, what, since_ms), moment, passes)
            told = self._told()
        if told is not None and (before is None or told.why != before.why):
            log.warning("the job waits: %s", _in_words(told))

    def end(self, of: object) -> None:
        """Say that `of` no longer waits. Idempotent."""
        with self._lock:
            ended = self._begun.pop(of, None)
            is_last = not self._begun
        if ended is not None and is_last:
            log.info("the job goes on after a wait of %.0f s", clock.boottime() - ended.moment)

    def pass_by(self, sign: Sign) -> None:
        """End the waits that pass, if `sign` is another one than after their last begin."""
        with self._lock:
            for each in self._begun.values():
                each.sign = each.sign or sign
            over = [of for of, each in self._begun.items() if each.passes and each.sign != sign]
        for of in over:
            self.end(of)


def _in_words(wait: Wait) -> str:
    what = printable(wait.what)
    words = {
        Why.STORE_UNAVAILABLE: f"the store is unavailable: {what}",
        Why.TIER_FULL: f"the cache has no room: {what}",
        Why.OTHER_JOB: f"job {what or 'of an unknown id'} moves the files that are left",
    }
    return words.get(Why(wait.why), "no byte comes from the store")
