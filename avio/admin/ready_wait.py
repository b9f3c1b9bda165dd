"""How long `avio-server up` waits for its processes: as long as they live, up to a large limit.

Runs in `avio-server up`; the clock and the question are handed in.
"""

import time
from collections.abc import Callable

from avio.admin.process_manager import POLL_SECONDS, ProcessManager
from avio.admin.readiness import Readiness
from avio.clock import boottime

# What is not ready is told each time after so long. Only then does a process that keeps ending end the wait.
TELL_SECONDS = 30.0
LIMIT_SECONDS = 600.0  # a busy machine may need a minute to load the programs; more than some minutes is a fault
ENGINE_SECONDS = 6.0  # seconds more that the engine has before its missing members are told


def wait_until_ready(
    manager: ProcessManager,
    ask: Callable[[], Readiness],
    stopping: Callable[[], bool],
    say: Callable[[str], None],
    *,
    clock: Callable[[], float] = boottime,
    sleep: Callable[[float], None] = time.sleep,
) -> Readiness:
    """Return once everything is ready or `stopping()`; else with what is not ready, and after how long.

    Gives up after LIMIT_SECONDS, or once a process keeps ending. The engine has ENGINE_SECONDS after all else is
    ready. What is missing of it then is no reason to wait.
    """
    began, told, without_engine = clock(), clock(), float("inf")
    while not stopping():
        manager.check()
        found = ask()
        if found.unready is None and not manager.unstable():
            without_engine = min(without_engine, clock() + ENGINE_SECONDS)
            if not found.missing or clock() >= without_engine:
                return found
        waited = clock() - began
        if waited >= LIMIT_SECONDS or (waited >= TELL_SECONDS and manager.keep_ending()):
            return Readiness(f"after {waited:.0f} s: {_reasons(found, manager)}")
        if clock() - told >= TELL_SECONDS:
            told = clock()
            say(f"not ready after {waited:.0f} s, waiting: {_reasons(found, manager)}")
        sleep(POLL_SECONDS)
    return Readiness(None)


def _reasons(found: Readiness, manager: ProcessManager) -> str:
    """Return what is not ready, in one line."""
    failing = manager.keep_ending()
    ended = (f"{name} {'keeps ending' if name in failing else 'does not run yet'}" for name in manager.unstable())
    return "; ".join(filter(None, [found.unready, *ended])) or found.missing.replace("\n", "; ")
