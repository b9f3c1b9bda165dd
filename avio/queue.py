"""The RQ queue of hints: job ids and nothing else. The only file that imports rq.

Web and aggregator push, intake takes. A hint has no authority: intake looks at the due jobs, and the claim in the
database decides. So a lost hint costs seconds, and a repeated or forged hint costs nothing.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job

NAME = "avio"
FUNCTION = "avio.queue.hand_over"

# RQ keeps a hint for this many seconds; taking one lasts milliseconds.
HINT_TIMEOUT = 10
HINT_TTL = 3600

# All that is read of an entry, and the size of each. A hint has 200 bytes; RQ decompresses what it reads.
FIELDS = ("data", "origin", "status", "created_at", "enqueued_at")
MAX_FIELD_BYTES = 4096

log = logging.getLogger(__name__)

_take: Callable[[str], None] | None = None


class ForgedHint(Exception):
    """A queue entry that names another function than `hand_over`."""


class HintJob(Job):
    """An RQ job that can only be a hint. Otherwise a Redis client could name any function."""

    @property
    def func(self) -> Callable[[str], None]:
        """Return the one allowed function. Raise ForgedHint for every other."""
        if self.func_name != FUNCTION or self.instance is not None:
            raise ForgedHint(f"queue entry {self.id} names the function {self.func_name!r}")
        return hand_over

    def refresh(self) -> None:
        """Read the members of a hint and no others. Delete and pass over an entry with a larger one."""
        with self.connection.pipeline(transaction=False) as pipe:
            for name in FIELDS:
                pipe.hstrlen(self.key, name)
            largest = max(pipe.execute())
        if largest > MAX_FIELD_BYTES:
            self.connection.delete(self.key)
            log.warning("deleted a queue entry that is larger than a hint", extra={"entry": self.id, "bytes": largest})
            raise NoSuchJobError(f"queue entry {self.id} is larger than a hint")
        found = zip(FIELDS, self.connection.hmget(self.key, FIELDS), strict=True)
        self.restore({name.encode(): value for name, value in found if value is not None})

    def restore(self, raw_data: Any) -> Any:
        """Load the entry without its options: callbacks, webhooks, repeats, timeouts."""
        if any(len(value) > MAX_FIELD_BYTES for value in raw_data.values()):  # also where RQ reads many at once
            raise NoSuchJobError(f"queue entry {self.id} is larger than a hint")
        restored = super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = self.repeats_left = self.group_id = None
        self.rate_limit_key = self.rate_limit_concurrency = None
        self._dependency_ids = []
        self.timeout, self.result_ttl, self.failure_ttl = HINT_TIMEOUT, 0, HINT_TTL
        return restored


# The prefix of all keys of RQ.
PREFIX = HintJob.redis_job_namespace_prefix.removesuffix("job:")


def hand_over(job: str) -> None:
    """Tell intake that a hint for `job` arrived. RQ calls it in intake; ForgedHint elsewhere or without an id."""
    if _take is None or not isinstance(job, str):
        raise ForgedHint("a hint outside of intake, or one without an id")
    _take(job)


def push(client: redis.Redis, jobs: Iterable[str]) -> None:
    """Put hints onto the queue, except hints that it has already. Raise redis errors if Redis is unavailable."""
    jobs = list(jobs)
    with client.pipeline(transaction=False) as pipe:
        for job in jobs:
            pipe.exists(HintJob.key_for(job))
        known = pipe.execute()
    hints = [
        Queue.prepare_data(
            FUNCTION, args=(job,), job_id=job, timeout=HINT_TIMEOUT, result_ttl=0, failure_ttl=HINT_TTL, ttl=HINT_TTL
        )
        for job, there in zip(jobs, known, strict=True)
        if not there
    ]
    if hints:
        Queue(NAME, connection=client, job_class=HintJob, serializer="json").enqueue_many(hints)


def count(client: redis.Redis) -> int:
    """Return the number of hints on the queue. Raise redis errors if Redis is unavailable."""
    return int(Queue(NAME, connection=client, job_class=HintJob, serializer="json").count)


class HintWorker(SimpleWorker):
    """Takes a hint only while a slot is free, in the main thread of intake.

    It ignores signals and RQ's remote commands: keeper decides when intake ends.
    """

    max_connection_wait_time = 2.0

    def __init__(self, client: redis.Redis, name: str, wait_for_slot: Callable[[float], bool]) -> None:
        super().__init__(
            [NAME],
            name=name,
            connection=client,
            job_class=HintJob,
            serializer="json",
            worker_ttl=30,
            log_job_description=False,
        )
        self._wait_for_slot = wait_for_slot

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """Wait for a free slot, then a second for a hint. Repeat until there is a hint."""
        while True:
            if self._wait_for_slot(1.0):
                found = super().dequeue_job_and_maintain_ttl(1, 1)
                if found is not None:
                    return found
            else:
                self.heartbeat()

    def subscribe(self) -> None:
        """Ignore commands. Otherwise a Redis client could stop the node."""

    def check_for_suspension(self, burst: bool) -> None:
        """Ignore suspension, for the same reason."""

    def procline(self, message: str) -> None:
        """Leave the process's title alone: a forged hint could put any text into it."""

    def _install_signal_handlers(self) -> None:
        pass


def take_hints(
    client: redis.Redis, name: str, take: Callable[[str], None], wait_for_slot: Callable[[float], bool]
) -> None:
    """Take hints until RQ gives up, as it does on many errors. The caller repeats it. Main thread of intake."""
    global _take
    _take = take
    logging.getLogger("rq").setLevel(logging.WARNING)
    HintWorker(client, name, wait_for_slot).work(logging_level="WARNING")
