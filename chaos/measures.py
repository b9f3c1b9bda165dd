"""One fault at a time, in quiet weather, and how soon it was mended: seconds from the fault to the next attempt."""

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable

from chaos.orders import Orders
from chaos.world import NODES, JobProcess, World
from tests.processes import wait_until

CALM_LIMIT = 120.0
MEND_LIMIT = 90.0
AWAY_SECONDS = 15.0
WAITING_ORDERS = 8

CRASH = "executor crash to next attempt"
LOSS = "node loss to next attempt"
RESTART = "supervisor restart to next attempt"
WIPE = "Redis wiped to all queued jobs running or hinted"
AWAY = "PostgreSQL away 15 s: attempts lost"

# What each must not exceed, at the 99th percentile.
TARGETS = {CRASH: 3.0, LOSS: 50.0, RESTART: 5.0, WIPE: 20.0, AWAY: 0.0}


class Measures:
    """Takes samples of each kind, in turn."""

    def __init__(self, world: World, orders: Orders, random_: random.Random) -> None:
        self.samples: dict[str, list[float]] = defaultdict(list)
        self.long_faults: list[tuple[float, float]] = []
        self._world, self._orders, self._random = world, orders, random_
        self._turns: list[Callable[[], None]] = []

    def next(self) -> None:
        """Wait for quiet weather, then take the samples whose turn it is."""
        wait_until(self._world.is_whole, CALM_LIMIT, "everything is whole again")
        for _ in range(2):
            self._crash()
        if not self._turns:
            self._turns = [self._restart, self._wipe, self._away, self._lose, self._restart]
            self._random.shuffle(self._turns)
        self._turns.pop()()

    def _crash(self) -> None:
        victim = self._victim(lambda found: self._has_not_crashed(found.job))
        if victim is not None:
            began = time.time()
            try:
                os.kill(victim.pid, signal.SIGKILL)
            except ProcessLookupError:  # its job ended a moment ago: there is nothing to measure
                return
            self._next_attempts(CRASH, began, [victim])

    def _restart(self) -> None:
        victim = self._victim(lambda _: True)
        if victim is not None:
            held = [found for found in self._world.jobs() if found.node == victim.node]
            began = time.time()
            os.kill(self._world.keeper(victim.node), signal.SIGKILL)
            self._next_attempts(RESTART, began, held)

    def _lose(self) -> None:
        victim = self._victim(lambda _: True)
        node = self._random.choice(NODES) if victim is None else victim.node
        held = [found for found in self._world.jobs() if found.node == node]
        began = time.time()
        self._world.cluster.manager.lose(node)
        self._next_attempts(LOSS, began, held)
        self._world.cluster.manager.bring_back(node)
        self.long_faults.append((began, time.time()))

    def _wipe(self) -> None:
        self._world.redis.kill()
        made = [self._orders.place("preload", 20) for _ in range(WAITING_ORDERS)]
        waiting = [order.job for order in made if order is not None]
        self._world.redis.start()
        began = time.time()
        wait_until(lambda: not self._unhinted(waiting, began), MEND_LIMIT, "all queued jobs run or are hinted")
        self.samples[WIPE].append(time.time() - began)

    def _away(self) -> None:
        self._victim(lambda _: True)
        began = time.time()
        running = {(found.job, found.attempt) for found in self._world.jobs()}
        self._world.postgres.kill()
        time.sleep(AWAY_SECONDS)
        self._world.postgres.start()
        wait_until(self._world.is_whole, CALM_LIMIT, "PostgreSQL is back for all")
        self.long_faults.append((began, time.time()))
        lost = self._world.ask("SELECT job_id, attempt FROM attempts WHERE outcome IN ('fenced', 'lost', 'crashed')")
        self.samples[AWAY].append(len(running & set(lost)))

    def _victim(self, suits: Callable[[JobProcess], bool]) -> JobProcess | None:
        """Return the process of a running job that has a while to go; None when there is none for long."""
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            rows = self._world.ask("SELECT id, attempt FROM jobs WHERE state = 'running' AND cancel_at IS NULL")
            rows = [row for row in rows if row[0] in {order.job for order in self._orders.accepted}]
            found = [it for it in self._world.jobs() if (it.job, it.attempt) in rows and suits(it)]
            if found:
                return self._random.choice(found)
            self._orders.place("long", 600)
        return None

    def _has_not_crashed(self, job: str) -> bool:
        return bool(self._world.ask("SELECT 1 FROM jobs WHERE id = %s AND crashes = 0", job))

    def _next_attempts(self, kind: str, began: float, held: list[JobProcess]) -> None:
        """Wait until each of `held` has ended or has a next attempt, and note how long the latter took."""
        for found in held:
            wait_until(lambda it=found: self._is_over(it), MEND_LIMIT, f"{kind} of {found.job}")
            rows = self._world.ask(
                "SELECT started_at FROM attempts WHERE job_id = %s AND attempt = %s", found.job, found.attempt + 1
            )
            self.samples[kind] += [started - began for (started,) in rows]

    def _is_over(self, found: JobProcess) -> bool:
        return bool(
            self._world.ask(
                "SELECT 1 FROM jobs WHERE id = %s AND (attempt > %s OR finished_at IS NOT NULL)",
                found.job,
                found.attempt,
            )
        )

    def _unhinted(self, jobs: list[str], since: float) -> bool:
        rows = self._world.ask(
            "SELECT 1 FROM jobs WHERE id = ANY(%s) AND state = 'queued' AND coalesce(pushed_at, 0) < %s", jobs, since
        )
        return bool(rows)
