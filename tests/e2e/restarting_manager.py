"""A process manager like those that run a Procfile: it starts each process, and starts again what dies.

Knows names and how to start them, nothing of what they do.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable

from avio.admin.child_process import Child
from tests.processes import is_alive, kept, wait_until

START_LIMIT = 20.0  # seconds
STOP_LIMIT = 15.0  # seconds
TURN = 0.1  # seconds between two looks


class Manager:
    """Keeps the processes `names` up, each started by `start`, from `begin` to `end`."""

    def __init__(self, names: Iterable[str], start: Callable[[str], Child]) -> None:
        self._wanted = set(names)
        self._start = start
        self._children: dict[str, Child] = {}
        self._over = threading.Event()
        # Children end with the thread that starts them, so it is one thread that does, from first to last.
        self._thread = threading.Thread(target=self._work, name="process manager")

    def begin(self) -> None:
        """Start everything."""
        self._thread.start()

    def end(self) -> None:
        """Stop everything in order, and return when nothing is left."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def pid(self, name: str) -> int:
        """Return the pid of a process, be it the living or the last one."""
        return self._children[name].pid

    def lose(self, name: str) -> None:
        """Kill a process for good: it is not started again until `bring_back`."""
        self._wanted.discard(name)
        kill(self.pid(name))

    def bring_back(self, name: str) -> None:
        """Have a lost process started again, and return when it is."""
        before = self.pid(name)
        self._wanted.add(name)
        wait_until(lambda: self.pid(name) != before, START_LIMIT, f"another {name}")

    def _work(self) -> None:
        try:
            while not self._over.wait(TURN):
                for name in sorted(self._wanted):
                    child = self._children.get(name)
                    if child is None or child.poll() is not None:
                        self._children[name] = self._start(name)
                        kept.add(self._children[name].pid)
        finally:
            self._stop_all()

    def _stop_all(self) -> None:
        children = list(self._children.values())
        for child in children:
            child.terminate()
        deadline = time.monotonic() + STOP_LIMIT
        while any(child.poll() is None for child in children) and time.monotonic() < deadline:
            time.sleep(TURN)
        for child in children:
            child.kill()


def kill(pid: int) -> None:
    """End a process with SIGKILL, and return when it is gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), 5, f"the end of {pid}")
