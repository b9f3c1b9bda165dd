"""Waits for a condition on a path: by long polls, and by stat jobs where the path has too many files for these."""

import hashlib
import math
import random
import time
from collections.abc import Callable, Iterator
from typing import cast

from avio.client.calls import Client
from avio.client.errors import ApiError, ClientError, ConditionNotMet, StatFailed, Unreachable, WaitOver
from avio.client.job_follow import follow
from avio.client.shapes import EntryInfo, JobInfo, WaitInfo
from avio.client.spelling import spelled_path
from avio.client.transport import TOO_MANY, is_temporary
from avio.wire.conditions import Standing, parse
from avio.wire.states import JobType, State

POLL_SECONDS = 30.0
FIRST_POLL_SECONDS = 1.0  # so that a person soon reads how the path stands
PAUSE_SECONDS = 2.0
CROWDED_SECONDS = 5.0  # between polls without a wait, while the server has no place for another long poll
PATIENCE_SECONDS = 120.0  # for a server or store that does not answer, where the wait has no limit

# Stat jobs that one user's waiters order at one path: one in each window, which all of them share.
WINDOW_SECONDS = 120.0
PAUSE_FACTOR = 4.0  # a stat job takes at most a fifth of the time

TOO_LARGE = "TOO_LARGE"
PATH_NOT_FOUND = "PATH_NOT_FOUND"
TEMPORARY_REASONS = frozenset({"ENGINE_AWAY", "BAD_REPLY", "MOUNT_BUSY"})


def _ignore(error: ClientError) -> None:
    """Most callers wait for the condition alone."""


def wait_for_path(
    client: Client,
    path: str,
    until: str,
    *,
    limit: float = math.inf,
    may_be_missing: bool = False,
    no_news: Callable[[ClientError], None] = _ignore,
) -> Iterator[WaitInfo]:
    """Yield how `path` stands at each answer; the last one has `met`. ConditionError if `until` is invalid.

    Raises ConditionNotMet after `limit` seconds. While server or store does not answer, it calls `no_news` and asks
    again: until the limit, or without one for `PATIENCE_SECONDS`; then it raises their error. Other errors at once.
    """
    condition = str(parse(until))
    wait = _PathWait(client, path, condition, limit, may_be_missing=may_be_missing)
    while True:
        try:
            info = wait.ask()
        except (Unreachable, ApiError, StatFailed) as error:
            if wait.bear(error):
                no_news(error)
            continue
        yield info
        if info["met"]:
            return


class _PathWait:
    """One wait. `ask` says how the path stands, `bear` decides what an error means."""

    def __init__(self, client: Client, path: str, until: str, limit: float, *, may_be_missing: bool) -> None:
        self._client, self._path, self._until = client, path, until
        self._limit, self._may_be_missing = limit, may_be_missing
        self._answered = time.monotonic()
        self._deadline = self._answered + limit
        self._by_jobs = False
        self._poll = FIRST_POLL_SECONDS
        self._next_job = -math.inf
        self._trouble: ClientError | None = None

    def ask(self) -> WaitInfo:
        """Return the next answer. Raise ConditionNotMet when the time is over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ConditionNotMet(self._path, self._until, self._limit, self._trouble)
        info = self._by_stat_job(left) if self._by_jobs else self._by_poll(left)
        self._answered, self._trouble = time.monotonic(), None
        return info

    def bear(self, error: ClientError) -> bool:
        """Pause before the next question. Raise `error` if it will not pass, or has lasted too long.

        Return True if server or store does not answer.
        """
        is_missing = error.reason == PATH_NOT_FOUND and self._may_be_missing
        if is_missing if self._by_jobs else error.reason == TOO_LARGE:
            self._by_jobs = not self._by_jobs
            return False
        is_over = math.isinf(self._limit) and time.monotonic() - self._answered > PATIENCE_SECONDS
        if not (is_temporary(error) or error.reason in TEMPORARY_REASONS) or is_over:
            raise error
        self._trouble = error
        is_crowded = error.status == TOO_MANY
        self._poll = 0.0 if is_crowded else POLL_SECONDS
        self._sleep(max(CROWDED_SECONDS if is_crowded else PAUSE_SECONDS, error.retry_after or 0))
        return not is_crowded

    def _by_poll(self, left: float) -> WaitInfo:
        wait, self._poll = min(self._poll, left), POLL_SECONDS
        began = time.monotonic()
        info = self._client.wait(
            self._path, self._until, seconds=wait, missing="wait" if self._may_be_missing else None
        )
        if not info["met"] and time.monotonic() - began < min(wait, PAUSE_SECONDS):
            self._sleep(PAUSE_SECONDS)  # the server gave the place of this poll to another
        return info

    def _by_stat_job(self, left: float) -> WaitInfo:
        """Return what the stat job of this window says; it is the same job for all waiters of one user."""
        if (pause := self._next_job - time.time()) > 0:
            self._sleep(pause)
            left = self._deadline - time.monotonic()
        if left <= 0:
            raise ConditionNotMet(self._path, self._until, self._limit, self._trouble)
        began = time.time()
        window = int(began // WINDOW_SECONDS)
        mark = hashlib.sha256(self._path.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        job = self._client.submit(
            JobType.STAT, spelled_path(self._path), name="avio wait", key=f"avio-wait-{mark}-{window}"
        )
        try:
            *_, job = follow(self._client, job["id"], limit=left)
        except WaitOver:
            raise ConditionNotMet(self._path, self._until, self._limit, self._trouble) from None
        ended = time.time()
        self._next_job = max((window + 1) * WINDOW_SECONDS, ended + PAUSE_FACTOR * (ended - began))
        return self._told(job)

    def _told(self, job: JobInfo) -> WaitInfo:
        """Return the answer of an ended stat job. Raise StatFailed if it has none."""
        entry: EntryInfo | None = None
        if job["status"] == State.SUCCEEDED:
            entry = next(self._client.result(job["id"]), None)
        if entry is None:
            raise StatFailed(job["id"], job["message"] or job["status"], job["reason"])
        standing = Standing(entry["files"], entry["filesCached"], entry["size"], entry["cachedBytes"], entry["saved"])
        unmet = parse(self._until).unmet(standing)
        told = {"path": self._path, "until": self._until, "met": not unmet, "unmet": unmet}
        return cast(WaitInfo, {**told, "lookTime": job["finishTime"], "entry": entry})

    def _sleep(self, seconds: float) -> None:
        """Sleep for about `seconds`, up to the deadline: the waiters of a large job come apart."""
        left = self._deadline - time.monotonic()
        time.sleep(max(0.0, min(seconds * random.uniform(1.0, 1.2), left)))
