"""The truth about the store: every version that a key ever had, from when to when, and who made and ended it."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

AVIO = "avio"  # who writes by a request; all others change the model directly


@dataclass(slots=True)
class Version:
    """One version of an object. Times are epoch seconds; `end` is None while it is the current one."""

    content: bytes
    md5: str
    by: str
    begin: float
    end: float | None = None
    ended_by: str = ""

    @property
    def etag(self) -> str:
        """The ETag, quoted."""
        return f'"{self.md5}"'


def md5(content: bytes) -> str:
    """Return the MD5 of some bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Model:
    """All keys. Safe to use from several threads; `lock` makes several calls one."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._versions: dict[str, list[Version]] = {}
        self._trees: dict[str, set[str]] = {}
        self._stories: dict[str, list[str]] = {}
        self._lies: dict[str, dict[str, str]] = {}

    def put(self, key: str, content: bytes, by: str) -> Version:
        """Make another version of `key` the current one."""
        with self.lock:
            now = self._end(key, by)
            made = Version(content, md5(content), by, now)
            self._versions.setdefault(key, []).append(made)
            self._trees.setdefault(_tree(key), set()).add(key)
            return made

    def delete(self, key: str, by: str) -> None:
        """End the current version of `key`."""
        with self.lock:
            self._end(key, by)

    def lie(self, key: str, content: bytes, etag: str) -> None:
        """Record that `content` was sent as the version with this ETag. Bytes of another length are no lie to hide."""
        with self.lock:
            for version in self._versions.get(key, ()):
                if version.etag == etag and len(version.content) == len(content):
                    self._lies.setdefault(key, {})[md5(content)] = version.md5

    def truth(self, key: str, told: str) -> str:
        """Return the MD5 of the version of `key` as which bytes of MD5 `told` were sent; `told` if they were no lie."""
        with self.lock:
            return self._lies.get(key, {}).get(told, told)

    def note(self, key: str, text: str) -> None:
        """Add to the story of `key` what happened to a request."""
        with self.lock:
            self._stories.setdefault(key, []).append(f"{self._clock():.3f} {text}")

    def story(self, key: str) -> str:
        """Return all versions of `key`, and the requests that were not plain reads, in the order of time."""
        told = [f"{each.begin:.3f} version {each.md5[:8]} by {each.by}" for each in self.versions(key)]
        told += [f"{each.end:.3f} {each.md5[:8]} ended by {each.ended_by}" for each in self.versions(key) if each.end]
        return "; ".join(sorted(told + self._stories.get(key, [])))

    def current(self, key: str) -> Version | None:
        """Return the current version of `key`."""
        with self.lock:
            last = self._versions.get(key, [])[-1:]
            return last[0] if last and last[0].end is None else None

    def versions(self, key: str) -> list[Version]:
        """Return every version of `key`, oldest first."""
        with self.lock:
            return list(self._versions.get(key, ()))

    def keys(self, prefix: str = "") -> list[str]:
        """Return every key below `prefix` that ever was."""
        with self.lock:
            trees: Iterable[str] = [_tree(prefix)] if "/" in prefix else list(self._trees)
            return [key for tree in trees for key in self._trees.get(tree, ()) if key.startswith(prefix)]

    def content(self, prefix: str) -> dict[str, bytes]:
        """Return the current objects below `prefix`."""
        with self.lock:
            found = {key: self.current(key) for key in self.keys(prefix)}
        return {key: version.content for key, version in found.items() if version is not None}

    def existed_throughout(self, key: str, begin: float, end: float) -> bool:
        """Tell whether the key had a version at each moment from `begin` to `end`."""
        reached = begin
        for version in self.versions(key):
            if version.begin <= reached:
                reached = max(reached, float("inf") if version.end is None else version.end)
        return reached > end

    def current_since(self, key: str, begin: float) -> set[str]:
        """Return the MD5s of the versions that were current at `begin` or later."""
        return {each.md5 for each in self.versions(key) if each.end is None or each.end >= begin}

    def _end(self, key: str, by: str) -> float:
        now = self._clock()
        last = self.current(key)
        if last is not None:
            last.end, last.ended_by = now, by
        return now


def _tree(key: str) -> str:
    return key.partition("/")[0]
