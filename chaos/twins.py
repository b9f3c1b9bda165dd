"""A second supervisor of a node's name, on a spool of its own: it must wait, leave with words, and have no job."""

import time
from pathlib import Path

from avio.admin.child_process import Child
from chaos.world import NODES, World

LEAVE_LIMIT = 90.0  # seconds; the database may be away meanwhile
TURN = 0.2

# How long it waits for the name. The times of the nodes are longer, so it can't outlast a lease of theirs.
PATIENCE = {"heartbeat": "1", "fence": "6", "lease": "7", "grace": "1"}
WORDS = "another supervisor is registered as node {node}"


class Twins:
    """One at a time, beside the faults of a storm. `looked` counts those that were started."""

    def __init__(self, world: World) -> None:
        self.looked = 0
        self.wrong: list[str] = []
        self._world = world
        self._child: Child | None = None
        self._node = ""

    def begin(self, node: str) -> None:
        """Start a second supervisor of `node`. The first one must be registered."""
        self._node = node
        self._log = self._world.cluster.logs / f"{node}-twin-{self.looked}.log"
        self._child = self._world.cluster.start_beside(node, self._log, spool=str(self._world.elsewhere), **PATIENCE)
        self.looked += 1

    def end(self) -> None:
        """Return when it has left, and judge it. Nothing happens if there is none."""
        child, self._child = self._child, None
        if child is None:
            return
        give_up = time.monotonic() + LEAVE_LIMIT
        while child.poll() is None and time.monotonic() < give_up:
            time.sleep(TURN)
        code = child.poll()
        child.kill()
        self.wrong += judged(self._node, code, self._log)

    @property
    def found(self) -> tuple[int, list[str]]:
        """Return how many there were, and what was wrong with them, or with who had a name."""
        rows = self._world.ask("SELECT node, count(DISTINCT instance) FROM owners GROUP BY node ORDER BY node")
        return self.looked, self.wrong + shared(dict.fromkeys(NODES, 0) | dict(rows))


def judged(node: str, code: int | None, log: Path) -> list[str]:
    """Return what was wrong with a second supervisor that ended with `code`; None if it had to be killed."""
    if code is None:
        return [f"the second supervisor of {node} did not leave"]
    wrong = [] if code == 1 else [f"the second supervisor of {node} left with {code}"]
    if WORDS.format(node=node) not in log.read_text(errors="replace"):
        wrong.append(f"the second supervisor of {node} did not say why it left")
    return wrong


def shared(owners: dict[str, int]) -> list[str]:
    """Return the names that not exactly one supervisor was registered as, of the number of supervisors by name."""
    return [f"{number} supervisors were registered as {node}" for node, number in owners.items() if number != 1]
