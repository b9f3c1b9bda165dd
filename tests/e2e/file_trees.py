"""Trees of files, in a bucket and in a cache: made, put there, compared byte by byte."""

import random
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from avio.engines.local.scratch import OWN_FILES

Tree = Mapping[str, bytes]  # content by path below the mount

UPLOADS_AT_ONCE = 16


def small_files(count: int, folder: str, *, size: int = 4096) -> dict[str, bytes]:
    """Return `count` files of up to `size` bytes below `folder`, 100 in a directory; the same each time."""
    source = random.Random(folder)
    return {f"{folder}/{n // 100:03}/{n:05}.bin": source.randbytes(source.randint(1, size)) for n in range(count)}


def upload(store: ObjectStore, tree: Tree) -> None:
    """Put every file of `tree` into a bucket."""
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(lambda item: obstore.put(store, *item), tree.items()))


class Cache:
    """The tier directories below `root`, looked at behind avio's back; `mount` is the path that they hold."""

    def __init__(self, root: Path, tiers: Sequence[str], mount: str) -> None:
        self.tiers = {alias: root / alias.lower() for alias in tiers}
        self._mount = mount.strip("/")

    def file(self, name: str, tier: str = "MEM") -> Path:
        """Return where the cached file `name` of the mount lies, or would lie."""
        return self.tiers[tier] / self._mount / name

    def names(self, folder: str = "") -> set[str]:
        """Return the names of the cached files at or below `folder` of the mount."""
        found = set()
        for tier in self.tiers.values():
            root = tier / self._mount
            found |= {str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file()}
        return found

    def holds(self, tree: Tree) -> bool:
        """Tell whether every file of `tree` is in the cache, byte by byte."""
        return self.differing(tree) == set() and set(tree) <= self.names()

    def differing(self, tree: Tree) -> set[str]:
        """Return the cached files of `tree` that are not as they are in the bucket: half of one is found here."""
        cached = {name: path for name in tree for t in self.tiers if (path := self.file(name, t)).exists()}
        return {name for name, path in cached.items() if path.read_bytes() != tree[name]}

    def temporaries(self) -> list[Path]:
        """Return the files in the tiers that are neither under the mount nor meant to stay."""
        found = (path for tier in self.tiers.values() for path in tier.rglob(".avio/**/*") if path.is_file())
        return [path for path in found if path.name not in OWN_FILES]

    def empty(self) -> None:
        """Remove all that is cached; nobody may be at work in it."""
        for tier in self.tiers.values():
            shutil.rmtree(tier / self._mount, ignore_errors=True)
