"""Room in the tiers: what is used, what is promised to copies under way, where the next one goes.

Used in the job process, and by web for figures. Measured from the disk: files come and go without us.
"""

import os
import threading
import time

from avio.engines.local.tiers import TierDirectory, Tiers
from avio.engines.local.trees import Walk, runs
from avio.errors import CacheFull, Unsupported

KEPT = 30.0  # seconds that a measurement holds
LEAST = 1.0  # seconds between two, even while a tier seems full
SHARE = 20  # a measurement holds at least this many times as long as it took


class Room:
    """Used bytes of each tier. Safe to use from several threads."""

    def __init__(self, tiers: Tiers) -> None:
        self._tiers = tiers
        self._lock = threading.Lock()
        self._used = dict.fromkeys(tiers, 0)
        self._promised = dict.fromkeys(tiers, 0)
        self._disk = dict.fromkeys(tiers, (float("-inf"), 0))  # when, and the bytes free
        self._measured = dict.fromkeys(tiers, (float("-inf"), 0.0))  # when, and how long it took

    def used(self, tier: TierDirectory) -> int:
        """Return the bytes that `tier` holds, measured not long ago."""
        with self._lock:
            self._measure(tier, KEPT)
            return self._used[tier]

    def promise(self, size: int, alias: str | None) -> "Promise":
        """Hold `size` bytes on the first tier with room for them, or on the one asked for, until a `with` ends.

        Raises CacheFull; Unsupported where no tier has this alias.
        """
        asked = [tier for tier in self._tiers if alias in (None, tier.alias)]
        if not asked:
            known = ", ".join(tier.alias for tier in self._tiers) or "none"
            raise Unsupported(
                f"there is no tier {alias!r}" if alias else "there is no tier", cure=f"tiers here: {known}"
            )
        return Promise(self, self._place(size, asked), size)

    def settle(self, tier: TierDirectory, size: int, *, kept: bool) -> None:
        """End a promise: its bytes are used, or given back."""
        with self._lock:
            self._promised[tier] -= size
            self._used[tier] += size if kept else 0

    def correct(self, tier: TierDirectory, difference: int) -> None:
        """Count `difference` bytes more on `tier`, fewer if negative."""
        with self._lock:
            self._used[tier] += difference

    def _place(self, size: int, asked: list[TierDirectory]) -> TierDirectory:
        for max_age in (KEPT, LEAST):
            most = 0
            for tier in asked:
                with self._lock:
                    self._measure(tier, max_age)
                    free = min(tier.capacity - self._used[tier] - self._promised[tier], self._on_disk(tier))
                    if size <= free:
                        self._promised[tier] += size
                        return tier
                most = max(most, free)
        names = ", ".join(tier.alias for tier in asked)
        raise CacheFull(f"{size} bytes don't fit: {most} are free on {names}")

    def _on_disk(self, tier: TierDirectory) -> int:
        """Return what the disk under `tier` has free, seen a moment ago: once it is full, its own error says so."""
        looked, free = self._disk[tier]
        now = time.monotonic()
        if now - looked > LEAST:
            disk = os.fstatvfs(tier.root.fd)
            free = disk.f_bavail * disk.f_frsize
            self._disk[tier] = (now, free)
        return free

    def _measure(self, tier: TierDirectory, max_age: float) -> None:
        measured, took = self._measured[tier]
        begin = time.monotonic()
        if begin - measured < max(max_age, SHARE * took):
            return
        self._used[tier] = sum(found[1] for run in runs(Walk(tier.root, "")) for found in run)
        end = time.monotonic()
        self._measured[tier] = (end, end - begin)


class Promise:
    """Room that is held on a tier for the time of a `with`, which gives the tier; used once the block ends well."""

    __slots__ = ("_room", "_size", "_tier")

    def __init__(self, room: Room, tier: TierDirectory, size: int) -> None:
        self._room = room
        self._tier = tier
        self._size = size

    def __enter__(self) -> TierDirectory:
        """Return the tier."""
        return self._tier

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Give the room back after an error."""
        self._room.settle(self._tier, self._size, kept=error is None)
