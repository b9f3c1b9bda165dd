"""Telling listeners that a job has a new state, on the stream; best effort, since the row is the truth.

Runs in intake. A Redis that is away costs one short wait every few seconds, never a job's end.
"""

import logging

from avio.clock import boottime
from avio.streams import AWAY, Events, connect
from avio.wire.events import Event

TIMEOUT = 0.5
SILENCE = 5.0

log = logging.getLogger(__name__)


class Announcer:
    """Publishes events and, when that fails, keeps silent for `SILENCE` seconds."""

    def __init__(self, url: str) -> None:
        self._events = Events(connect(url, timeout=TIMEOUT))
        self._silent_until = 0.0

    def say(self, event: Event) -> None:
        """Publish `event` if Redis answers."""
        if boottime() < self._silent_until:
            return
        try:
            self._events.publish([event])
        except AWAY as error:
            log.info("stream away", extra={"why": str(error)})
            self._silent_until = boottime() + SILENCE
