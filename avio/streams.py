"""The Redis stream of events: publish, read, acknowledge, trim; and every Redis key name of avio but RQ's.

Used by job process, intake, web and aggregator, each on its own connection. Commands of Redis 6.2 only.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from avio.wire.events import Event, EventError, StateEvent, decode, encode
from avio.wire.proofs import proof, proves

EVENTS_KEY = "avio:events"
LOGINS_PREFIX = "avio:logins:"  # failed logins, and where users have logged in
GROUP = "aggregator"
FIELD = b"event"
PROOF = b"proof"

# Upper limit for a stream that nobody reads. With `MAX_EVENT_BYTES` each it has room in the embedded Valkey. What is
# cut off does no harm: counters are absolute, and the result file has the failures.
MAX_EVENTS = 20_000

# Events of one read: what strangers wrote may be larger than an event may be.
READ_COUNT = 100

# After this many milliseconds another consumer takes an event that is not acknowledged.
CLAIM_IDLE_MS = 10_000

# A consumer that asked for nothing for so long is of a process that has ended.
GONE_MS = 3_600_000

# A Redis that is full, read-only, loading, or has a key of another type is as unavailable as one that is gone.
AWAY = (redis.RedisError,)

log = logging.getLogger(__name__)

Batch = list[tuple[str, Event]]

# Returns the key of each known attempt, by job and number; "" if it has none, as those of older versions.
Keys = Callable[[set[tuple[str, int]]], Mapping[tuple[str, int], str]]


def connect(url: str, *, timeout: float = 2.0) -> redis.Redis:
    """Return a client with a time limit in seconds and without retries. It connects at its first use.

    Raise ValueError for a URL with an option that the client does not know.
    """
    client = redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        driver_info=None,  # Redis before 7.2 does not know CLIENT SETINFO, and an ACL would have to allow it
    )
    try:
        client.connection_pool.make_connection()  # opens nothing
    except TypeError:
        raise ValueError("the URL of Redis has an option behind its ? that redis-py does not know") from None
    return client


class Events:
    """The stream, over one client. Raises the errors in `AWAY` if Redis does not answer, or not as it should.

    A job process gives the `key` of its attempt, which signs its events. A reader gives `keys`: it then drops events
    of job processes without the right proof, counts them in `forged`, and raises what `keys` raises.
    """

    def __init__(self, client: redis.Redis, *, key: str = "", keys: Keys | None = None) -> None:
        self._redis = client
        self._key, self._keys = key, keys
        self.forged = 0

    def publish(self, events: Iterable[Event]) -> None:
        """Append `events` in one round trip. An event that is too large is left out and logged."""
        with self._redis.pipeline(transaction=False) as pipe:
            for event in events:
                try:
                    text = encode(event).encode()
                except EventError as error:
                    log.warning("an event is left out of the stream: %s", error)
                    continue
                fields: dict[Any, Any] = {FIELD: text}
                if self._key:
                    fields[PROOF] = proof(self._key, text)
                pipe.xadd(EVENTS_KEY, fields, maxlen=MAX_EVENTS, approximate=True)
            pipe.execute()

    def tail(self, after: str, block_ms: int, count: int = READ_COUNT) -> tuple[Batch, str]:
        """Return events after stream id `after`, waiting up to `block_ms`, without a group, and the id to go on after.

        This is the id of the last entry that was read, be it an event or a dropped one.
        """
        reply: Any = self._redis.xread({EVENTS_KEY: after}, count=count, block=block_ms)
        return self._batch(reply)[0], reply[0][1][-1][0].decode() if reply else after

    def last_id(self) -> str:
        """Return the id of the newest event, or "0-0" for an empty stream."""
        newest: Any = self._redis.xrevrange(EVENTS_KEY, count=1)
        return str(newest[0][0].decode()) if newest else "0-0"

    def read(self, consumer: str, block_ms: int, count: int = READ_COUNT) -> Batch:
        """Return events that no consumer of the group has received, waiting up to `block_ms`."""
        return self._of_group(
            lambda: self._redis.xreadgroup(GROUP, consumer, {EVENTS_KEY: ">"}, count=count, block=block_ms)
        )

    def take_over(self, consumer: str, count: int = READ_COUNT) -> Batch:
        """Return events that a consumer received and did not acknowledge for `CLAIM_IDLE_MS`."""

        def claim() -> Any:
            return [(EVENTS_KEY, self._redis.xautoclaim(EVENTS_KEY, GROUP, consumer, CLAIM_IDLE_MS, count=count)[1])]

        return self._of_group(claim)

    def acknowledge(self, ids: list[str]) -> None:
        """Acknowledge `ids`: they are in the database."""
        if ids:
            self._redis.xack(EVENTS_KEY, GROUP, *ids)

    def trim(self) -> None:
        """Delete acknowledged events: all before the oldest pending event, or before the last one delivered.

        Trimming by length would lose events that nobody has read: only what is beyond `MAX_EVENTS` goes so.
        """
        try:
            self._redis.xtrim(EVENTS_KEY, maxlen=MAX_EVENTS, approximate=True)
            groups = [group for group in self._redis.xinfo_groups(EVENTS_KEY) if group["name"] == GROUP.encode()]
            if not groups:
                return
            pending = self._redis.xpending(EVENTS_KEY, GROUP)
            oldest = pending["min"] or groups[0]["last-delivered-id"]
            self._redis.xtrim(EVENTS_KEY, minid=oldest, approximate=True)
        except redis.ResponseError as error:
            if not _is_wiped(error):
                raise

    def unfolded(self) -> int:
        """Return how many events nobody has acknowledged. Redis before 7 does not know it within some hundred."""
        try:
            groups = [group for group in self._redis.xinfo_groups(EVENTS_KEY) if group["name"] == GROUP.encode()]
            if not groups:
                return 0
            pending = int(groups[0]["pending"])
            unread = groups[0].get("lag")
            return pending + int(unread) if unread is not None else int(self._redis.xlen(EVENTS_KEY))
        except redis.ResponseError as error:
            if not _is_wiped(error):
                raise
            return 0

    def forget_gone(self) -> None:
        """Delete the consumers of ended processes. One with pending events stays until they are taken over."""
        try:
            consumers = self._redis.xinfo_consumers(EVENTS_KEY, GROUP)
        except redis.ResponseError as error:
            if not _is_wiped(error):
                raise
            return
        for consumer in consumers:
            if not consumer["pending"] and consumer["idle"] > GONE_MS:
                self._redis.xgroup_delconsumer(EVENTS_KEY, GROUP, consumer["name"])

    def _of_group(self, ask: Callable[[], Any]) -> Batch:
        """Return the events of a reply. Dropped entries are acknowledged, else they are redelivered forever.

        The group is made only where it is missing: Redis may have been wiped, and a full one refuses to make it.
        """
        try:
            reply = ask()
        except redis.ResponseError as error:
            if not _is_wiped(error):
                raise
            self._make_group()
            reply = self._asked_again(ask)
        found, dropped = self._batch(reply)
        self.acknowledge(dropped)
        return found

    def _asked_again(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except redis.ResponseError as error:  # wiped a second time
            if not _is_wiped(error):
                raise
            return []

    def _make_group(self) -> None:
        """Create the group. In a full Redis the stream gives way: nobody has read it, and no event is needed."""
        try:
            self._redis.xgroup_create(EVENTS_KEY, GROUP, id="0", mkstream=True)
        except redis.OutOfMemoryError:
            gone = self._redis.xtrim(EVENTS_KEY, maxlen=MAX_EVENTS // 4, approximate=True)
            log.warning("Redis is full: the oldest events are deleted", extra={"events": gone})
            self._redis.xgroup_create(EVENTS_KEY, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def _batch(self, reply: Any) -> tuple[Batch, list[str]]:
        """Return decoded events, and the ids of entries to drop, which are logged: undecodable or forged ones."""
        found: list[tuple[str, Event, Mapping[bytes, bytes]]] = []
        dropped: list[str] = []
        for _, entries in reply or []:
            for entry_id, fields in entries:
                fields = fields or {}
                try:
                    found.append((entry_id.decode(), decode(fields.get(FIELD, b"")), fields))
                except EventError as error:
                    log.warning("dropped a stream entry", extra={"entry": entry_id.decode(), "why": str(error)})
                    dropped.append(entry_id.decode())
        forged = self._forged(found)
        return [(entry, event) for entry, event, _ in found if entry not in forged], dropped + sorted(forged)

    def _forged(self, found: list[tuple[str, Event, Mapping[bytes, bytes]]]) -> set[str]:
        """Return the ids of events that do not come from the attempt that they name."""
        told = [(entry, (event.job, event.attempt), fields) for entry, event, fields in found if needs_proof(event)]
        if self._keys is None or not told:
            return set()
        keys = self._keys({attempt for _, attempt, _ in told})
        forged = {
            entry
            for entry, attempt, fields in told
            if (key := keys.get(attempt)) is None or (key and not proves(fields.get(PROOF, b""), key, fields[FIELD]))
        }
        if forged:
            self.forged += len(forged)
            jobs = sorted({attempt[0] for entry, attempt, _ in told if entry in forged})
            log.warning(
                "dropped events that are not from the attempt that they name",
                extra={"events": len(forged), "of_all": self.forged, "jobs": jobs[:5]},
            )
        return forged


def needs_proof(event: Event) -> bool:
    """Return True if only the job process may say this. A change of state only asks for a look at the row."""
    return not isinstance(event, StateEvent)


def _is_wiped(error: redis.ResponseError) -> bool:
    """Return True if key or group is missing: Redis was wiped, or nobody has made them yet."""
    return str(error).startswith(("NOGROUP", "no such key"))
