"""The RQ queue of hints: job ids and nothing else. The only file that imports rq.

Web and aggregator push, intake takes. A hint has no authority: what may run is decided by the claim in
the database, so a lost hint costs seconds and a doubled or forged one nothing.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.job import Job

NAME = "avio"
FUNCTION = "avio.queue.hand_over"

# RQ's own life of a hint, in seconds; taking one lasts milliseconds.
HINT_TIMEOUT = 10
HINT_TTL = 3600

log = logging.getLogger(__name__)

_take: Callable[[str], None] | None = None


class ForgedHint(Exception):
    """A queue entry that asks for anything but `hand_over`."""


class HintJob(Job):
    """An RQ job that can only be a hint: whoever may write to Redis may otherwise name any function."""

    @property
    def func(self) -> Callable[[str], None]:
        """The one allowed function; ForgedHint for every other."""
        if self.func_name != FUNCTION or self.instance is not None:
            raise ForgedHint(f"queue entry {self.id} asks for {self.func_name!r}")
        return hand_over

    def restore(self, raw_data: Any) -> Any:
        """Load the entry, but nothing that it asks for besides: call-backs, webhooks, repeats, times of its own."""
        restored = super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = self.repeats_left = self.group_id = None
        self.rate_limit_key = self.rate_limit_concurrency = None
        self._dependency_ids = []
        self.timeout, self.result_ttl, self.failure_ttl = HINT_TIMEOUT, 0, HINT_TTL
        return restored


# What the names of all of RQ's keys begin with.
PREFIX = HintJob.redis_job_namespace_prefix.removesuffix("job:")


def hand_over(job: str) -> None:
    """What RQ calls in intake: give the id to the desk, which claims it or lets it be."""
    if _take is None or not isinstance(job, str):
        raise ForgedHint("a hint outside of intake, or one without an id")
    _take(job)


def push(client: redis.Redis, jobs: Iterable[str]) -> None:
    """Put hints onto the queue, but for jobs whose hint is there already; redis errors when it is away."""
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


class HintWorker(SimpleWorker):
    """Takes a hint only while a slot is free, in the main thread of intake.

    Signals and RQ's remote commands are not its business: keeper decides when intake ends.
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
        """Wait for a free slot, then a second for a hint; again until there is one."""
        while True:
            if self._wait_for_slot(1.0):
                found = super().dequeue_job_and_maintain_ttl(1, 1)
                if found is not None:
                    return found
            else:
                self.heartbeat()

    def subscribe(self) -> None:
        """Listen to no commands: a Redis writer could otherwise stop the node."""

    def check_for_suspension(self, burst: bool) -> None:
        """Be suspended by nobody, for the same reason."""

    def _install_signal_handlers(self) -> None:
        pass


def take_hints(
    client: redis.Redis, name: str, take: Callable[[str], None], wait_for_slot: Callable[[float], bool]
) -> None:
    """Take hints until RQ gives up, as it does on many faults: the caller begins again. Main thread of intake."""
    global _take
    _take = take
    logging.getLogger("rq").setLevel(logging.WARNING)
    HintWorker(client, name, wait_for_slot).work(logging_level="WARNING")
