"""Faults at random: SIGKILL and SIGSTOP of every part, one after the other, while others are still being mended."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

import redis

from chaos.world import NODES, World
from supervisor import tree

PAUSE = (0.3, 2.0)  # seconds between two faults
FROZEN = (0.5, 5.0)  # seconds that a part is stopped


class Storm:
    """What may be done to a world; `counts` says how often each was."""

    def __init__(self, world: World, random_: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._world, self._random = world, random_
        self._thawing: list[threading.Thread] = []
        self._faults: dict[str, tuple[int, Callable[[], bool]]] = {
            "SIGKILL job process": (8, self._kill_job),
            "SIGSTOP job process": (3, lambda: self._freeze(self._any_job())),
            "SIGKILL intake": (4, lambda: self._kill(world.intakes(self._node()))),
            "SIGSTOP intake": (3, lambda: self._freeze(world.intakes(self._node()))),
            "SIGKILL keeper": (2, lambda: self._kill([world.keeper(self._node())])),
            "SIGSTOP keeper": (3, lambda: self._freeze([world.keeper(self._node())])),
            "SIGKILL web": (2, lambda: self._kill([world.cluster.manager.pid("web")])),
            "SIGKILL web worker": (2, lambda: self._kill(tree.children(world.cluster.manager.pid("web"))[:1])),
            "SIGSTOP web worker": (2, lambda: self._freeze(tree.children(world.cluster.manager.pid("web"))[:1])),
            "SIGKILL aggregator": (3, lambda: self._kill([world.cluster.manager.pid("aggregator")])),
            "SIGSTOP aggregator": (3, lambda: self._freeze([world.cluster.manager.pid("aggregator")])),
            "SIGKILL Redis, back empty": (2, self._restart_redis),
            "FLUSHALL": (2, self._flush),
            "SIGSTOP Redis": (2, lambda: self._freeze([world.redis.pid])),
            "SIGKILL PostgreSQL": (1, self._restart_postgres),
            "SIGSTOP PostgreSQL": (2, lambda: self._freeze(self._postgres())),
        }

    def rage(self, seconds: float) -> None:
        """Do one fault after the other, for a while; what is frozen thaws meanwhile or soon after."""
        until = time.monotonic() + seconds
        weights = [weight for weight, _ in self._faults.values()]
        while time.monotonic() < until:
            name = self._random.choices(list(self._faults), weights)[0]
            with suppress(ProcessLookupError):
                self.counts[name] += self._faults[name][1]()
            time.sleep(self._random.uniform(*PAUSE))

    def calm_down(self) -> None:
        """Return when nothing is frozen any more."""
        for thread in self._thawing:
            thread.join()
        self._thawing.clear()

    def _node(self) -> str:
        return self._random.choice(NODES)

    def _any_job(self) -> list[int]:
        found = self._world.jobs()
        return [self._random.choice(found).pid] if found else []

    def _kill_job(self) -> bool:
        """Kill the process of a job that has not crashed of late: a healthy job must not look like poison."""
        found = self._world.jobs()
        if not found:
            return False
        chosen = self._random.choice(found)
        if self._world.ask("SELECT 1 FROM jobs WHERE id = %s AND crashes = 0", chosen.job):
            return self._kill([chosen.pid])
        return False

    def _postgres(self) -> list[int]:
        return [self._world.postgres.pid, *tree.descendants(self._world.postgres.pid)]

    def _kill(self, pids: Iterable[int]) -> bool:
        done = False
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            done = True
        return done

    def _freeze(self, pids: Iterable[int]) -> bool:
        chosen = list(pids)
        for pid in chosen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        thread = threading.Thread(target=_thaw, args=(chosen, self._random.uniform(*FROZEN)))
        thread.start()
        self._thawing.append(thread)
        return bool(chosen)

    def _restart_redis(self) -> bool:
        self._world.redis.kill()
        time.sleep(self._random.uniform(0, 3))
        self._world.redis.start()
        return True

    def _flush(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self._world.redis.url, socket_timeout=6) as client:
            client.flushall()
            return True
        return False

    def _restart_postgres(self) -> bool:
        self._world.postgres.kill()
        time.sleep(self._random.uniform(0, 2))
        self._world.postgres.start()
        return True


def _thaw(pids: list[int], after: float) -> None:
    time.sleep(after)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
