"""New objects in the bucket of the memory engine, for tests."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from avio.engines.new_objects import NewObjects
from avio.engines.run import Run
from avio.errors import NoMount
from avio.wire.paths import is_under


@dataclass(frozen=True, slots=True)
class MemoryObjects(NewObjects):
    """Puts files by `put` into the bucket, which has `paths`. `require` raises while the engine is unavailable."""

    mounts: Sequence[str]
    paths: Collection[str]
    put: Callable[[str, bytes], None]
    require: Callable[[], None]

    def place_for(self, path: str, name: str) -> str:
        """Take a path above files for a directory."""
        self.require()
        place = path.rstrip("/")
        if not any(is_under(place, mount) for mount in self.mounts):
            raise NoMount(place)
        is_above = any(each != place and is_under(each, place) for each in self.paths)
        return f"{place}/{name}" if path.endswith("/") or place in self.mounts or is_above else place

    def add(self, path: str, source: int, run: Run) -> bool:
        """Read all of the file."""
        self.require()
        if path in self.paths:
            return False
        self.put(path, os.pread(source, os.fstat(source).st_size, 0))
        return True
