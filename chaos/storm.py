"""Faults at random: every part is killed, frozen or made sick, one after the other, while others are being mended."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

import redis

from chaos.clocks import STEPS
from chaos.sick_redis import SICKNESSES, Sickness, heal, sicken
from chaos.world import NODES, PARTS, World
from supervisor.keeper import process_tree

PAUSE = (0.3, 2.0)  # seconds between two faults
FROZEN = (0.5, 5.0)  # seconds that a part is stopped or sick


class Storm:
    """What may be done to a world; `counts` says how often each was."""

    def __init__(self, world: World, random_: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._world, self._random = world, random_
        self._mending: list[threading.Thread] = []
        self._faults: dict[str, tuple[int, Callable[[], bool]]] = {
            "SIGKILL job process": (8, self._kill_job),
            "SIGSTOP job process": (3, lambda: self._freeze(self._any_job())),
            "SIGKILL intake": (4, lambda: self._kill(world.intakes(self._node()))),
            "SIGSTOP intake": (3, lambda: self._freeze(world.intakes(self._node()))),
            "SIGKILL keeper": (2, lambda: self._kill([world.keeper(self._node())])),
            "SIGSTOP keeper": (3, lambda: self._freeze([world.keeper(self._node())])),
            "SIGKILL web": (2, lambda: self._kill([world.cluster.manager.pid("web")])),
            "SIGKILL web worker": (2, lambda: self._kill(process_tree.children(world.cluster.manager.pid("web"))[:1])),
            "SIGSTOP web worker": (
                2,
                lambda: self._freeze(process_tree.children(world.cluster.manager.pid("web"))[:1]),
            ),
            "SIGKILL aggregator": (3, lambda: self._kill([world.cluster.manager.pid("aggregator")])),
            "SIGSTOP aggregator": (3, lambda: self._freeze([world.cluster.manager.pid("aggregator")])),
            "SIGKILL Redis, back empty": (2, self._restart_redis),
            "FLUSHALL": (2, self._flush),
            "SIGSTOP Redis": (2, lambda: self._freeze([world.redis.pid])),
            **{each.name: (2, partial(self._sicken, each)) for each in SICKNESSES},
            "SIGKILL PostgreSQL": (1, self._restart_postgres),
            "SIGSTOP PostgreSQL": (2, lambda: self._freeze(self._postgres())),
        }
        if world.disk.freezes:
            self._faults["frozen disk of a tier"] = (3, self._freeze_disk)
        if world.clocks.parts:
            self._faults["step of a wall clock"] = (4, self._step)
        self._rest = random_.sample(list(self._faults), len(self._faults))

    def rage(self, seconds: float) -> None:
        """Do one fault after the other, for a while; what is frozen thaws meanwhile or soon after."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            name = self._next()
            with suppress(ProcessLookupError):
                self.counts[name] += self._faults[name][1]()
            time.sleep(self._random.uniform(*PAUSE))

    def calm_down(self) -> None:
        """Return when nothing is frozen or sick any more."""
        for thread in self._mending:
            thread.join()
        self._mending.clear()
        self._world.disk.thaw()
        heal(self._world.redis.url)

    def _next(self) -> str:
        """Return each fault once, in a random order, then any by its weight."""
        if self._rest:
            return self._rest.pop()
        return self._random.choices(list(self._faults), [weight for weight, _ in self._faults.values()])[0]

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
        return [self._world.postgres.pid, *process_tree.descendants(self._world.postgres.pid)]

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
        self._soon(partial(_thaw, chosen))
        return bool(chosen)

    def _soon(self, mend: Callable[[], None]) -> None:
        """Mend a fault from a thread, when it has lasted for a while."""
        thread = threading.Timer(self._random.uniform(*FROZEN), mend)
        thread.start()
        self._mending.append(thread)

    def _freeze_disk(self) -> bool:
        frozen = self._world.disk.freeze()
        if frozen:
            self._soon(self._world.disk.thaw)
        return frozen

    def _sicken(self, sickness: Sickness) -> bool:
        if not sicken(self._world.redis.url, sickness):
            return False
        self._soon(self._heal)
        return True

    def _heal(self) -> None:
        with suppress(redis.RedisError):  # `calm_down` tries again
            heal(self._world.redis.url)

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

    def _step(self) -> bool:
        """Set the clock of one part. It stays so until the next step, through quiet weather, too."""
        part = self._random.choice(PARTS)
        pid = self._world.cluster.manager.pid(part)
        return self._world.clocks.step(part, self._random.choice(STEPS), [pid, *process_tree.children(pid)])

    def _restart_postgres(self) -> bool:
        self._world.postgres.kill()
        time.sleep(self._random.uniform(0, 2))
        self._world.postgres.start()
        return True


def _thaw(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
