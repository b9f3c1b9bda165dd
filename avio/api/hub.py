"""The hub of a web process: one reader of the Redis stream, fanned out to all who listen to a job, or to every job.

The reader starts with the first listener and ends after the last one. Events carry absolute counters, so a
listener that was too slow, or that has a gap, reads the row again: `REREAD`.
"""

import logging
import queue
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from enum import Enum

from avio.errors import TooMany
from avio.streams import Events
from avio.wire.events import Event

QUEUE_LENGTH = 100
BLOCK_MS = 1000
RETRY_SECONDS = 1.0
EVERY_JOB = ""  # in place of a job's id

log = logging.getLogger(__name__)


class Note(Enum):
    """Signals to a listener, besides events."""

    REREAD = "an event may be lost: read the row"
    CLOSED = "the process ends, or another listener gets the place: stop"


class Listener:
    """A listener to one job, or to `EVERY_JOB`, with a bounded queue.

    Call `close`, else its place is never free again.
    """

    def __init__(self, hub: "Hub", job: str, owner: object) -> None:
        self.job = job
        self.owner = owner
        self._hub = hub
        self._queue: queue.Queue[Event | Note] = queue.Queue(QUEUE_LENGTH)

    def next(self, timeout: float) -> Event | Note | None:
        """Return the next item, or None after `timeout` seconds."""
        try:
            return self._queue.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return None

    def offer(self, item: Event | Note) -> None:
        """Queue `item`. If the listener is too slow, replace the queue by one `REREAD`. Never blocks."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            with self._queue.mutex:
                self._queue.queue.clear()
            self._queue.put_nowait(item if isinstance(item, Note) else Note.REREAD)

    @property
    def deaf(self) -> bool:
        """True while Redis is unavailable, so that the row is the only source."""
        return self._hub.away

    def close(self) -> None:
        """Release the place. May be called more than once."""
        self._hub.leave(self)


class Hub:
    """Fans the stream out to at most `limit` listeners, `of_one` of each owner.

    Without a free place, the newest listener of the owner with most gives way to one of an owner with fewer.
    """

    def __init__(self, events: Events, limit: int, of_one: int) -> None:
        self.away = False
        self.stopping: Callable[[], bool] = lambda: False
        self._events = events
        self._limit = limit
        self._of_one = of_one
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._places: dict[Listener, None] = {}  # the oldest comes first
        self._reader: threading.Thread | None = None

    def listen(self, job: str, owner: object) -> Listener:
        """Listen to `job`. Read its row afterwards, so that no change is lost.

        Raise TooMany without a free place, or if `owner` has no more.
        """
        listener = Listener(self, job, owner)
        self.admit(listener)
        return listener

    def admit(self, listener: Listener) -> None:
        """Let `listener` hear of its job, or of every job. Raises TooMany as `listen`."""
        with self._lock:
            gives_way = self._make_place(listener.owner)
            if self._reader is None:
                reader = threading.Thread(target=self._read, name="hub", daemon=True)
                reader.start()  # it may fail, and looks for listeners only after the lock is free
                self._reader = reader
            if gives_way is not None:
                self._remove(gives_way)
                gives_way.offer(Note.CLOSED)
            self._listeners[listener.job].add(listener)
            self._places[listener] = None

    def _make_place(self, owner: object) -> Listener | None:
        """Return the listener that must give way to one of `owner`, or None if a place is free. Raise TooMany."""
        taken = Counter(each.owner for each in self._places)
        if taken[owner] >= self._of_one:
            raise _too_many("you have")
        if len(self._places) < self._limit:
            return None
        (greediest, most), *_ = taken.most_common(1)
        if taken[owner] + 1 >= most:  # else the two would take the place from each other for ever
            raise _too_many("there are")
        return next(each for each in reversed(self._places) if each.owner == greediest)

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        with self._lock:
            self._remove(listener)

    def _remove(self, listener: Listener) -> None:
        self._places.pop(listener, None)
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
                events, after = self._events.tail(after, BLOCK_MS)
                for _, event in events:
                    self._tell(event)
            except Exception:  # after any error of Redis, listeners read rows and this thread tries again
                if not self.away:
                    log.warning("the stream is unavailable; listeners read rows", exc_info=True)
                self.away, after = True, None
                time.sleep(RETRY_SECONDS)

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._reader = None
            return self._reader is not None

    def _tell(self, event: Event) -> None:
        with self._lock:
            for job in (event.job, EVERY_JOB):
                for listener in self._listeners.get(job, ()):
                    listener.offer(event)

    def _tell_all(self, note: Note) -> None:
        with self._lock:
            for listeners in self._listeners.values():
                for listener in listeners:
                    listener.offer(note)


def _too_many(whose: str) -> TooMany:
    return TooMany(
        f"{whose} too many event streams and long polls", cure="poll without wait, or try again", retry_after=5
    )
