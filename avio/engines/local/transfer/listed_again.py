"""The present objects of many paths, by a new listing of their buckets: two requests a thousand objects.

Used in the job process, after the last byte of a save.
"""

from collections.abc import Iterable, Iterator

from avio.engines.base import Entry, EntryState
from avio.engines.local.buckets.base import Source
from avio.engines.local.mounts import Mount, Mounts

LISTED_FILES = 20_000  # files whose objects are listed again at a time
_UNSAVED = (EntryState.DIRTY, EntryState.CONFLICT)


def source_of_saved(mounts: Mounts, entry: Entry) -> Source | None:
    """Return the object of a file that was saved when it was listed. Of one that was not, the token is an older one."""
    if not entry.token or entry.state in _UNSAVED:
        return None
    return Source.of_token(mounts.find(entry.path).key(entry.path), entry.token)


def list_again(mounts: Mounts, paths: Iterable[str]) -> Iterator[tuple[str, Source]]:
    """Yield objects with their paths, as their buckets list them now, page by page. Raises EngineAway.

    It may leave out any; then HEAD knows.
    """
    by_mount: dict[str, tuple[Mount, list[str]]] = {}
    for path in paths:
        mount = mounts.find(path)
        by_mount.setdefault(mount.path, (mount, []))[1].append(mount.key(path))
    for mount, keys in by_mount.values():
        for source in mount.bucket.found(keys):
            yield mount.prefix + source.key, source
