"""The Redis stream of events: publish, read, acknowledge, trim; and every Redis key name of avio but RQ's.

Used by job process, intake, web and aggregator, each on its own connection. Commands of Redis 6.2 only.
"""

import logging
from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from avio.wire.events import Event, EventError, decode, encode

EVENTS_KEY = "avio:events"
GROUP = "aggregator"
FIELD = b"event"

# Emergency brake for a stream that nobody reads; a reader trims it far below.
MAX_EVENTS = 1_000_000

# How long an event may be with a consumer before another takes it over, in milliseconds.
CLAIM_IDLE_MS = 10_000

AWAY = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)

log = logging.getLogger(__name__)

Batch = list[tuple[str, Event]]


def connect(url: str, *, timeout: float = 2.0) -> redis.Redis:
    """Return a client that gives up after `timeout` seconds and never retries by itself. Connects at first use."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        driver_info=None,  # its CLIENT SETINFO is unknown before Redis 7.2, and would have to be allowed
    )


class Events:
    """The stream, over one client. Raises the errors of `AWAY` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def publish(self, events: Iterable[Event]) -> None:
        """Append `events` in one round trip."""
        with self._redis.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(EVENTS_KEY, {FIELD: encode(event)}, maxlen=MAX_EVENTS, approximate=True)
            pipe.execute()

    def tail(self, after: str, block_ms: int, count: int = 500) -> Batch:
        """Return events after stream id `after` ("$": only new ones), waiting up to `block_ms`, without a group."""
        return _batch(self._redis.xread({EVENTS_KEY: after}, count=count, block=block_ms))[0]

    def last_id(self) -> str:
        """Return the id of the newest event; "0-0" of an empty stream."""
        newest: Any = self._redis.xrevrange(EVENTS_KEY, count=1)
        return str(newest[0][0].decode()) if newest else "0-0"

    def read(self, consumer: str, block_ms: int, count: int = 1000) -> Batch:
        """Return events that no consumer of the group has had, waiting up to `block_ms`."""
        try:
            self._make_group()
            reply = self._redis.xreadgroup(GROUP, consumer, {EVENTS_KEY: ">"}, count=count, block=block_ms)
        except redis.ResponseError as error:
            return _nothing_if_wiped(error)
        return self._events_of(reply)

    def take_over(self, consumer: str, count: int = 1000) -> Batch:
        """Return events that a consumer was given and never acknowledged for `CLAIM_IDLE_MS`."""
        try:
            self._make_group()
            reply = self._redis.xautoclaim(EVENTS_KEY, GROUP, consumer, CLAIM_IDLE_MS, count=count)
        except redis.ResponseError as error:
            return _nothing_if_wiped(error)
        return self._events_of([(EVENTS_KEY, reply[1])])

    def acknowledge(self, ids: list[str]) -> None:
        """Tell that `ids` are in the database."""
        if ids:
            self._redis.xack(EVENTS_KEY, GROUP, *ids)

    def trim(self) -> None:
        """Drop what is acknowledged: all before the oldest pending event, or before the last one delivered.

        Trimming by length would lose events that nobody has read, without a word.
        """
        try:
            groups = [group for group in self._redis.xinfo_groups(EVENTS_KEY) if group["name"] == GROUP.encode()]
            if not groups:
                return
            pending = self._redis.xpending(EVENTS_KEY, GROUP)
            oldest = pending["min"] or groups[0]["last-delivered-id"]
            self._redis.xtrim(EVENTS_KEY, minid=oldest, approximate=True)
        except redis.ResponseError as error:
            _nothing_if_wiped(error)

    def _events_of(self, reply: Any) -> Batch:
        """Return the events of a reply to the group; what is none is acknowledged, or it would come back for ever."""
        found, dropped = _batch(reply)
        self.acknowledge(dropped)
        return found

    def _make_group(self) -> None:
        """Make the group if it is missing: Redis may have been wiped since the last call."""
        try:
            self._redis.xgroup_create(EVENTS_KEY, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


def _nothing_if_wiped(error: redis.ResponseError) -> Batch:
    """Return no events when Redis was wiped during a call, key and group with it; raise `error` when it is another."""
    if not str(error).startswith(("NOGROUP", "no such key")):
        raise error
    return []


def _batch(reply: Any) -> tuple[Batch, list[str]]:
    """Return decoded events, and the ids of entries that are no events of ours, which are logged."""
    found: Batch = []
    dropped: list[str] = []
    for _, entries in reply or []:
        for entry_id, fields in entries:
            try:
                found.append((entry_id.decode(), decode((fields or {}).get(FIELD, b""))))
            except EventError as error:
                log.warning("dropped a stream entry", extra={"entry": entry_id.decode(), "why": str(error)})
                dropped.append(entry_id.decode())
    return found, dropped
