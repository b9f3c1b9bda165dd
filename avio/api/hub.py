"""The hub of a web process: one reader of the Redis stream, fanned out to all who listen to a job.

The reader starts with the first listener and ends after the last. Events carry absolute counters, so a
listener that was too slow, or a gap, is mended by reading the row again: `REREAD`.
"""

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from enum import Enum

from avio.errors import TooMany
from avio.streams import Events
from avio.wire.events import Event

QUEUE_LENGTH = 100
BLOCK_MS = 1000
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Note(Enum):
    """What a listener may get besides events."""

    REREAD = "something may have been missed: read the row"
    CLOSED = "the process ends: go away"


class Listener:
    """Who follows one job, with a bounded queue. `close` it, or its place is taken for ever."""

    def __init__(self, hub: "Hub", job: str) -> None:
        self.job = job
        self._hub = hub
        self._queue: queue.Queue[Event | Note] = queue.Queue(QUEUE_LENGTH)

    def next(self, timeout: float) -> Event | Note | None:
        """Return what came, or None after `timeout` seconds."""
        try:
            return self._queue.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return None

    def offer(self, item: Event | Note) -> None:
        """Hand `item` over; when the listener is too slow, all that waits gives way to one `REREAD`. Never blocks."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            with self._queue.mutex:
                self._queue.queue.clear()
            self._queue.put_nowait(item if isinstance(item, Note) else Note.REREAD)

    @property
    def deaf(self) -> bool:
        """True while Redis is away: rows are all there is."""
        return self._hub.away

    def close(self) -> None:
        """Give the place back; more than once does no harm."""
        self._hub.leave(self)


class Hub:
    """Fans the stream out to at most `limit` listeners."""

    def __init__(self, events: Events, limit: int) -> None:
        self.away = False
        self.stopping: Callable[[], bool] = lambda: False
        self._events = events
        self._limit = limit
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._reader: threading.Thread | None = None

    def listen(self, job: str) -> Listener:
        """Begin to listen to `job`; read its row after this, so that nothing falls between. TooMany without a place."""
        listener = Listener(self, job)
        with self._lock:
            if sum(map(len, self._listeners.values())) >= self._limit:
                raise TooMany(
                    "too many event streams and long polls", cure="poll without wait, or try again", retry_after=5
                )
            self._listeners[job].add(listener)
            if self._reader is None:
                self._reader = threading.Thread(target=self._read, name="hub", daemon=True)
                self._reader.start()
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        with self._lock:
            self._listeners[listener.job].discard(listener)
            if not self._listeners[listener.job]:
                del self._listeners[listener.job]

    def _read(self) -> None:
        after = None
        while self._is_wanted():
            if self.stopping():
                self._tell_all(Note.CLOSED)
            try:
                if after is None:
                    after = self._events.last_id()
                    self.away = False
                    self._tell_all(Note.REREAD)
                for entry_id, event in self._events.tail(after, BLOCK_MS):
                    after = entry_id
                    self._tell(event)
            except Exception:  # whatever ails Redis, listeners go on with rows, and this thread with trying
                if not self.away:
                    log.warning("the stream can't be read; listeners read rows until it can", exc_info=True)
                self.away, after = True, None
                time.sleep(RETRY_SECONDS)

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._reader = None
            return self._reader is not None

    def _tell(self, event: Event) -> None:
        with self._lock:
            for listener in self._listeners.get(event.job, ()):
                listener.offer(event)

    def _tell_all(self, note: Note) -> None:
        with self._lock:
            for listeners in self._listeners.values():
                for listener in listeners:
                    listener.offer(note)
