"""What a world stands on: the hostile store with its truth, and the disks of the tiers."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaos.cached import Cached
from chaos.crowd import SmallTier
from chaos.mounts import Disk, freezable_disk, own_mounts, small_disk
from chaos.store.hand import Hand
from chaos.store.model import Model
from chaos.store.server import serving
from chaos.store.sky import Sky
from chaos.store_orders import HOSTILE
from chaos.world import SMALL_BYTES

DISK_BYTES = 8 << 30  # of the large tier; what is not written takes no memory


@dataclass(slots=True)
class Ground:
    """`absences` are the times when the disk of the large tier was away, `stray` what was in its bare mount point."""

    model: Model
    sky: Sky
    hand: Hand
    disk: Disk
    cached: Cached
    small: list[SmallTier]
    endpoint: str
    absences: list[tuple[float, float]] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)


@contextmanager
def ground(home: Path, seed: int) -> Iterator[Ground]:
    """Serve the store and mount the disks in `home`, with mounts of this process's own where that is allowed."""
    real = own_mounts()
    if not real:
        print("no mounts of its own (that needs root): a disk is a directory that is moved away")
    model = Model()
    sky, hand = Sky(model, random.Random(seed + 3)), Hand(model, random.Random(seed + 4))
    small, tiny = home / "small", home / "tiny"
    small.mkdir()
    with ExitStack() as stack:
        freezes = stack.enter_context(freezable_disk(home / "disk", home / "disk.img", DISK_BYTES, real=real))
        if not freezes:
            print("no ext4 on a loop device (that needs root, mkfs.ext4 and /dev/loop*): no disk is frozen")
        disk = Disk(home / "tier", home / "disk", real=real, freezes=freezes)
        stack.enter_context(small_disk(tiny, SMALL_BYTES, real=real))
        tiers = [SmallTier("SMALL", small, SMALL_BYTES)]
        if real:
            tiers.append(SmallTier("TINY", tiny, SMALL_BYTES))
        disk.mount()
        stack.callback(lambda: disk.unmount() if disk.is_mounted else None)
        stack.callback(disk.thaw)
        cached = Cached(lambda: disk.files / HOSTILE)
        yield Ground(model, sky, hand, disk, cached, tiers, stack.enter_context(serving(sky)))
