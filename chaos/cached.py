"""What the user wrote into the cache below the hostile mount: bytes that exist only there until avio has saved them."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos.store.model import md5


@dataclass(frozen=True, slots=True)
class Written:
    """A file that the user wrote. `base` is the MD5 of the cached file that it replaced, None if there was none."""

    md5: str
    base: str | None


class Cached:
    """The cached files of the mount. `root` returns where they are, be the tier's disk mounted or not."""

    def __init__(self, root: Callable[[], Path]) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._written: dict[str, list[Written]] = {}

    def read(self, key: str) -> str | None:
        """Return the MD5 of the cached file, or None if there is none."""
        try:
            return md5((self._root() / key).read_bytes())
        except FileNotFoundError:
            return None

    def below(self, tree: str) -> list[str]:
        """Return the keys of all cached files of a tree."""
        root = self._root()
        return [str(file.relative_to(root)) for file in (root / tree).rglob("*") if file.is_file()]

    def write(self, key: str, content: bytes) -> None:
        """Write a file as a user does who replaces it."""
        file = self._root() / key
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._written.setdefault(key, []).append(Written(md5(content), self.read(key)))
        temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        temporary.write_bytes(content)
        temporary.rename(file)

    def written(self, key: str) -> list[Written]:
        """Return what the user wrote at `key`, oldest first."""
        with self._lock:
            return list(self._written.get(key, ()))

    def keys(self) -> list[str]:
        """Return every key that the user wrote."""
        with self._lock:
            return list(self._written)
