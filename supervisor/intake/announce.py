"""Publishes a job's new state on the stream; best effort, since the row is the truth.

Runs in intake. An unavailable Redis costs one short wait every few seconds, never a job's end.
"""

import logging

from avio.clock import boottime
from avio.streams import AWAY, Events, connect
from avio.wire.events import Event

PUBLISH_SECONDS = 0.5
PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


class Announcer:
    """Publishes events; after a failure it publishes nothing for `PAUSE_SECONDS`."""

    def __init__(self, url: str) -> None:
        self._events = Events(connect(url, timeout=PUBLISH_SECONDS))
        self._paused_until = 0.0

    def announce(self, event: Event) -> None:
        """Publish `event` if Redis is available."""
        if boottime() < self._paused_until:
            return
        try:
            self._events.publish([event])
        except AWAY as error:
            log.info("stream unavailable", extra={"why": str(error)})
            self._paused_until = boottime() + PAUSE_SECONDS
