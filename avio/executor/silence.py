"""Notices that nothing comes while a store is asked: it hangs, and no error says so for a minute. And that it goes on.

Runs in the job process, in the reporter's thread.
"""

from avio import clock
from avio.executor.attempt import Attempt
from avio.wire.states import Phase
from avio.wire.waiting import Why


class SilenceWatch:
    """Watches one attempt. Call `look` again and again."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._sign = (-1, 0)
        self._since = clock.boottime()

    def look(self) -> None:
        """Begin a wait of the attempt after `silent_after` without a step or a byte, and end it with the next one.

        Other waits end here if the work goes on.
        """
        attempt, now = self._attempt, clock.boottime()
        done = attempt.progress().counters
        attempt.waiting.pass_by((done.bytes_wire, done.files_total, done.files_done, attempt.rechecked))
        sign = attempt.steps, attempt.in_flight.bytes
        if sign != self._sign or not self._asks():
            self._sign, self._since = sign, now
            attempt.waiting.end(self)
        elif now - self._since >= attempt.silent_after:
            attempt.waiting.begin(self, Why.STORE_SILENT, seconds=now - self._since)

    def _asks(self) -> bool:
        """Return True if the attempt lists, or moves files. Other work has silences of its own."""
        phase = self._attempt.phases.current
        return phase is Phase.LISTING or (phase is Phase.TRANSFERRING and self._attempt.under_way() > 0)
