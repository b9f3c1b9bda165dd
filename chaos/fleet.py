"""A mixed fleet: one of the nodes runs the supervisor of another version, from a checkout of it."""

import re
import time
from pathlib import Path

from avio.db.schema import VERSION
from chaos.canaries import Found
from chaos.world import OLD_NODE, World

SHELL_SECONDS = 2.0


class Fleet:
    """Looks at what the node of the other version runs. `old` is the checkout; without one, all nodes are alike."""

    def __init__(self, world: World, old: Path | None) -> None:
        self.wrong: list[str] = []
        self._world, self._old = world, old

    def look(self) -> None:
        """Make sure that keeper and intake of that node are of the other version now."""
        if self._old is not None:
            pids = [self._world.keeper(OLD_NODE), *self._world.intakes(OLD_NODE)]
            self.wrong += strangers(pids, self._old)

    @property
    def found(self) -> Found:
        """Return how many attempts that node began, and what was wrong with it."""
        if self._old is None:
            return 0, []
        [(attempts,)] = self._world.ask("SELECT count(*) FROM attempts WHERE node = %s", OLD_NODE)
        return attempts, self.wrong if attempts else [*self.wrong, f"{OLD_NODE} began no attempt"]


def unfit(old: Path) -> str | None:
    """Return why no supervisor of the checkout `old` can be begun on tables of this version; None if it can."""
    found = re.search(r"INTO schema_version \(version\) VALUES \((\d+)\)", (old / "schema.sql").read_text())
    version = int(found[1]) if found else 0
    return None if version == VERSION else f"its tables are of version {version}, those of this one {VERSION}"


def strangers(pids: list[int], home: Path) -> list[str]:
    """Return the processes that do not work in the directory `home`, so their program is not the one there.

    A shell that has just begun goes there soon.
    """
    give_up = time.monotonic() + SHELL_SECONDS
    while (found := [pid for pid in pids if _works_elsewhere(pid, home)]) and time.monotonic() < give_up:
        time.sleep(0.02)
    return [f"process {pid} is not of {home}" for pid in found]


def _works_elsewhere(pid: int, home: Path) -> bool:
    try:
        return not Path(f"/proc/{pid}/cwd").samefile(home)
    except OSError:  # it has ended
        return False
