"""Asks the master whether loaded files are in the cache, and decides what to do with missing ones.

Used in the job process, by one thread. A worker's answer is not enough: the master may not know its block
(an orphan), or the block may be on another tier than requested.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto

from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.status import Block, Status
from avio.engines.alluxio.clients.worker import Workers
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.view.lookup import MAX_CALLS, Lookup
from avio.engines.alluxio.view.roster import Roster
from avio.errors import CacheFull, Corrupt, EngineError, Gone, Scope

MAX_LOOKS = 3  # checks with the master, a heartbeat or more apart, before a block without a location counts as orphaned
LOOK_SECONDS = 1.2  # seconds between two checks
MAX_LOADS = 4  # loads of the same file
MAX_PLACING_LOOKS = 10  # checks until the master must know of a move to another tier


class NotKept(EngineError):
    """The file was loaded, and is not in the cache at the check."""

    scope = Scope.RETRY
    reason = "NOT_KEPT"
    cure = "give the cache more room, since Alluxio drops old blocks for new ones; or see the worker's log"


class Next(Enum):
    """What to do with a file."""

    DONE = auto()  # it is in the cache
    LOOK_AGAIN = auto()  # after a heartbeat
    LOAD_AGAIN = auto()  # `file.to_reload`, after `pause` seconds
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one file. `tier` has most of its bytes."""

    file: LoadingFile
    next: Next
    tier: str | None = None
    pause: float = 0.0
    error: Exception | None = None


log = logging.getLogger(__name__)


class Confirmer:
    """The checks of one attempt. `repaired` counts removed orphans."""

    def __init__(self, lookup: Lookup, workers: Workers, roster: Roster, tier: str | None) -> None:
        self._lookup = lookup
        self._workers = workers
        self._roster = roster
        self._tier = tier
        self._pool = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="place")
        self.repaired = 0

    def verdicts(self, files: Sequence[LoadingFile]) -> list[Verdict]:
        """Return what to do with each of `files`."""
        found = self._lookup.statuses([file.entry.path for file in files])
        judged = [self._judge_at_once(file, found[file.entry.path]) for file in files]
        rest = [file for file, verdict in zip(files, judged, strict=True) if verdict is None]
        later = self._pool.map(lambda file: self._judge(file, found[file.entry.path]), rest)
        return [*(verdict for verdict in judged if verdict is not None), *later]

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _judge_at_once(self, file: LoadingFile, status: Status | None) -> Verdict | None:
        """Return the verdict on a file without asking a worker. This is enough for nearly all files."""
        if status is None or self._tier or any(self._roster.best(block.locations) is None for block in status.blocks):
            return None
        return Verdict(file, Next.DONE, self._main_tier(status))

    def _judge(self, file: LoadingFile, status: Status | None) -> Verdict:
        if status is None:
            return self._judge_forgotten(file)
        file.looks += 1
        missing = [block for block in status.blocks if self._roster.best(block.locations) is None]
        if not missing:
            return self._place(file, status) if self._tier else Verdict(file, Next.DONE, self._main_tier(status))
        if file.looks < MAX_LOOKS:
            return Verdict(file, Next.LOOK_AGAIN)
        if file.tries >= MAX_LOADS:
            text = f"{len(missing)} of {len(status.blocks)} blocks were loaded {MAX_LOADS} times and have no location"
            return Verdict(file, Next.FAILED, error=NotKept(text))
        pause = self._roster.lag() if self._remove_orphans(file, missing) else 0.0
        return self._load_again(file, status, missing, pause)

    def _judge_forgotten(self, file: LoadingFile) -> Verdict:
        """A killed master may have forgotten a file that it had just found in the bucket, and its blocks."""
        status = self._lookup.afresh(file.entry.path)
        if status is None or status.changed_since(file.status) or file.tries >= MAX_LOADS:
            return Verdict(file, Next.FAILED, error=Gone(f"{file.entry.path} was removed while it was loaded"))
        return self._load_again(file, status, status.blocks)

    def _load_again(self, file: LoadingFile, status: Status, blocks: Sequence[Block], pause: float = 0.0) -> Verdict:
        file.status, file.to_reload, file.looks, file.tries = status, blocks, 0, file.tries + 1
        return Verdict(file, Next.LOAD_AGAIN, pause=pause)

    def _remove_orphans(self, file: LoadingFile, missing: Sequence[Block]) -> bool:
        """Drop the blocks that a worker has and the master does not know. A load alone would not repair them.

        Return True if there were any.
        """
        orphans = [(block.id, file.holders.pop(block.id)) for block in missing if block.id in file.holders]
        for block_id, worker in orphans:
            try:
                self._workers.remove(worker, block_id)
            except Gone:
                continue
            except EngineError as error:
                log.warning("block %d of worker %s could not be removed: %s", block_id, worker, error)
                continue
            self.repaired += 1
        if orphans:
            held = ", ".join(sorted({str(worker) for _, worker in orphans}))
            log.info(
                "repaired %s: removed %d blocks that worker %s had and the master did not know; loading them again",
                file.entry.path,
                len(orphans),
                held,
            )
        return bool(orphans)

    def _place(self, file: LoadingFile, status: Status) -> Verdict:
        """Move blocks on other tiers to the requested tier. The master learns of a move at the next heartbeat."""
        elsewhere = [block for block in status.blocks if self._tier_of(block) != self._tier]
        if not elsewhere:
            return Verdict(file, Next.DONE, self._tier)
        if file.looks > 1:
            if file.looks < MAX_PLACING_LOOKS:
                return Verdict(file, Next.LOOK_AGAIN)
            return Verdict(file, Next.FAILED, error=Corrupt(f"the blocks were moved, but are not on {self._tier}"))
        for block in elsewhere:
            location = self._roster.best(block.locations)
            assert location is not None
            try:
                self._workers.move(location.worker, block.id, str(self._tier))
            except Exhausted as error:
                return Verdict(file, Next.FAILED, error=CacheFull(f"no room on {self._tier}: {error}"))
            except EngineError as error:
                return Verdict(file, Next.FAILED, error=error)
        return Verdict(file, Next.LOOK_AGAIN)

    def _tier_of(self, block: Block) -> str | None:
        location = self._roster.best(block.locations)
        return None if location is None else location.tier

    def _main_tier(self, status: Status) -> str | None:
        sizes: dict[str, int] = {}
        for block in status.blocks:
            if (tier := self._tier_of(block)) is not None:
                sizes[tier] = sizes.get(tier, 0) + block.length
        return max(sizes, key=lambda tier: sizes[tier], default=None)
