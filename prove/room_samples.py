"""Looks at the tiers of `prove.room` again and again: what the books say, and what is on the disks."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from avio.engines.local.book import Book
from avio.engines.local.root import Root

PAUSE_SECONDS = 0.02
LOOKS = 3  # at a disk that seems to have too much
OWN = ("book", "tier")  # of avio, in the hidden directory of a tier


@dataclass(slots=True)
class Samples:
    """What was seen: how often, the most used + reserved bytes of each tier, and what was more than its capacity."""

    number: int = 0
    most: dict[str, int] = field(default_factory=dict)
    most_on_disk: dict[str, int] = field(default_factory=dict)
    reserved: int = 0  # samples in which some bytes were
    broken: list[str] = field(default_factory=list)


class Sampler(threading.Thread):
    """Samples the tiers until `stop`."""

    def __init__(self, tiers: Mapping[str, tuple[Path, int]]) -> None:
        super().__init__(name="sampler", daemon=True)
        self._tiers = tiers
        self._over = threading.Event()
        self.samples = Samples()

    def stop(self) -> Samples:
        """Return what was seen."""
        self._over.set()
        self.join()
        return self.samples

    def run(self) -> None:
        """Sample until it must stop."""
        books = {alias: Book(Root(str(path), make=False)) for alias, (path, _) in self._tiers.items()}
        while not self._over.wait(PAUSE_SECONDS):
            for alias, (path, capacity) in self._tiers.items():
                with books[alias].locked() as page:
                    used, promised = page.used, page.promised
                there = on_disk(path)
                for _ in range(
                    LOOKS
                ):  # what was counted, and then dropped for what was counted later, is none too many
                    there = min(there, on_disk(path)) if there > capacity else there
                self._note(alias, used, promised, capacity, there)
            self.samples.number += 1

    def _note(self, alias: str, used: int, promised: int, capacity: int, there: int) -> None:
        found = self.samples
        found.reserved += promised > 0
        found.most[alias] = max(found.most.get(alias, 0), used + promised)
        found.most_on_disk[alias] = max(found.most_on_disk.get(alias, 0), there)
        if used + promised > capacity:
            found.broken.append(f"{alias}: {used:,} used and {promised:,} reserved of {capacity:,}")
        if there > capacity:
            found.broken.append(f"{alias}: {there:,} on the disk of {capacity:,}")


def on_disk(tier: Path) -> int:
    """Return the bytes of all files of a tier, finished and unfinished ones. What moves meanwhile may count twice."""
    total, seen = 0, set()
    for directory, _, names in os.walk(tier):
        for name in names:
            if directory.endswith("/.avio") and name in OWN:
                continue
            try:
                status = os.lstat(os.path.join(directory, name))
            except FileNotFoundError:
                continue
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_size
    return total
