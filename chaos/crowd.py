"""Two jobs at once on a tier that is too small for both, again and again, while its bytes and promises are watched.

They fail, take what fits, wait or evict.
"""

import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from avio.engines.local.book import Book
from avio.engines.local.root import HIDDEN, Root
from chaos.orders import Ordered, Orders
from chaos.world import World

FILE_BYTES = 64 << 10
FILES = 16  # of each tree: one fits into SMALL_BYTES, two don't
LOOK_SECONDS = 0.1
END_LIMIT = 300.0  # seconds for a pair of jobs
FREE_LIMIT = 15.0  # seconds until a tree is removed by hand
CROWD = "crowd"  # the mount of their sources


class SmallTier:
    """A tier that is too small: by its capacity, or by its disk. `most` bytes fit."""

    def __init__(self, alias: str, path: Path, most: int) -> None:
        self.alias, self.path, self.most = alias, path, most
        self.book = Book(Root(str(path), make=False))


def overfull(tier: SmallTier) -> list[str]:
    """Return what is beyond the tier: the bytes of its files, or the bytes that jobs were promised."""
    wrong = []
    there = sum(_sizes(tier.path))
    if there > tier.most:
        wrong.append(f"{tier.alias} holds {there} bytes of {tier.most}")
    with suppress(OSError):  # no book yet
        promised = tier.book.look().promised
        if promised > tier.most:
            wrong.append(f"{tier.alias} has promised {promised} bytes of {tier.most}")
    return wrong


def _sizes(directory: Path) -> Iterator[int]:
    """Yield the sizes of all files with their final names."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(directory):
            if entry.is_dir(follow_symlinks=False):
                if entry.name != HIDDEN:
                    yield from _sizes(Path(entry.path))
                continue
            with suppress(FileNotFoundError):
                yield entry.stat(follow_symlinks=False).st_size


class Crowd:
    """Orders pairs from `begin` to `end`. `wrong` are the violations, `looked` counts the looks at the tiers."""

    def __init__(self, world: World, orders: Orders, tiers: list[SmallTier], random_: random.Random) -> None:
        self.looked = self.pairs = 0
        self.wrong: list[str] = []
        self._world, self._orders, self._tiers, self._random = world, orders, tiers, random_
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, name="crowd") for work in (self._order, self._watch)]

    def begin(self) -> None:
        """Order and watch from threads."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Return after the last pair has ended."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def found(self) -> tuple[int, list[str]]:
        """Return how often the tiers were looked at, and what was wrong."""
        return self.looked, self.wrong

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for tier in self._tiers:
                self.looked += 1
                self.wrong += overfull(tier)

    def _order(self) -> None:
        while not self._over.wait(self._random.uniform(0.5, 3)):
            self._pair(self._random.choice(self._tiers))

    def _pair(self, tier: SmallTier) -> None:
        if_full = self._random.choice(("fail", "fail", "partial", "wait", "evict"))
        names = [self._orders.name("crowd") for _ in range(2)]
        for name in names:
            self._plant(name)
        threads: list[threading.Thread] = []
        made: list[Ordered | None] = []
        for name in names:

            def send(name: str = name) -> None:
                made.append(self._orders.send("crowd", name, FILES, CROWD, tier=tier.alias, ifFull=if_full))

            threads.append(threading.Thread(target=send))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self._judge(tier, [order for order in made if order is not None], if_full)
        self._empty(tier, names)
        self.pairs += 1

    def _plant(self, name: str) -> None:
        directory = self._world.crowd / name
        directory.mkdir()
        for number in range(FILES):
            (directory / f"{number:03}").write_bytes(self._random.randbytes(FILE_BYTES))

    def _judge(self, tier: SmallTier, orders: list[Ordered], if_full: str) -> None:
        """Wait for the jobs. The tree of a succeeded one is whole, and both can't be at once.

        One that waits for room has it once the tree of the other is freed; one that evicts drops that tree itself.
        """
        give_up = time.monotonic() + END_LIMIT
        running, whole = list(orders), 0
        while running:
            ended = [order for order in running if self._ended(order) or time.monotonic() > give_up]
            running = [order for order in running if order not in ended]
            if if_full == "wait":
                for order in ended:
                    self._is_whole(tier, order)
                    self._empty(tier, [order.tree])
            time.sleep(0.2)
        if if_full == "evict":
            for order in sorted(orders, key=self._ended)[-1:]:
                self._is_whole(tier, order)
        elif if_full != "wait":
            whole = sum([self._is_whole(tier, order) for order in orders])
        if whole > 1:
            self.wrong.append(f"two jobs succeeded on {tier.alias}, which is too small for both")

    def _ended(self, order: Ordered) -> float:
        [(finished,)] = self._world.ask("SELECT finished_at FROM jobs WHERE id = %s", order.job)
        return finished or 0.0

    def _is_whole(self, tier: SmallTier, order: Ordered) -> bool:
        """Return True if the job succeeded. What is not as it must be then is wrong, and so are other ends."""
        [(state, reason)] = self._world.ask("SELECT state, reason FROM jobs WHERE id = %s", order.job)
        sources = sorted((self._world.crowd / order.tree).iterdir())
        cached = [tier.path / CROWD / order.tree / source.name for source in sources]
        same = sum(
            copy.exists() and copy.read_bytes() == source.read_bytes()
            for source, copy in zip(sources, cached, strict=True)
        )
        if state == "succeeded":
            if same != FILES:
                self.wrong.append(f"{order.job} succeeded on {tier.alias} with {same} of {FILES} files")
        elif reason not in ("CACHE_FULL", "TIER_NOT_MOUNTED"):
            self.wrong.append(f"{order.job} on {tier.alias} is {state} with {reason}")
        return bool(state == "succeeded")

    def _empty(self, tier: SmallTier, names: list[str]) -> None:
        """Free both trees through the API. What is left although that was said to work is wrong.

        What no free has dropped in time, e.g. while the tier's disk is away, is removed by hand.
        """
        for name in names:
            cached = tier.path / CROWD / name
            give_up = time.monotonic() + FREE_LIMIT
            freed = False
            while sum(_sizes(cached)) and not freed and time.monotonic() < give_up:
                freed = self._orders.free(f"/{CROWD}/{name}")
                time.sleep(0.3)
            left = sum(_sizes(cached))
            if freed and left:
                rows = self._world.ask("SELECT id, state, attempt, finished_at FROM jobs WHERE name = %s", name)
                self.wrong.append(f"{tier.alias} still has {left} bytes of {name} at {time.time():.3f}: {rows}")
            shutil.rmtree(cached, ignore_errors=True)
            shutil.rmtree(self._world.crowd / name, ignore_errors=True)
