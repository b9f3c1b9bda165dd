"""Brings one cached file back into its bucket: complete or not at all, and never over somebody else's change.

Used in the job process, by several threads at once.
"""

from avio.engines.base import Entry, Moved, MoveOptions, Run
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.mounts import Mounts
from avio.engines.local.reading import Reading
from avio.engines.local.scratch import Scratch
from avio.engines.local.stamps import Stamp, write_stamp
from avio.engines.local.tiers import Tiers, best_of
from avio.errors import Gone, NotSaved, PathNotFound
from avio.faults import fault
from avio.wire.results import Outcome


class Upload:
    """The uploads of one attempt. Call it with an entry; `finish` at the end drops what is left."""

    def __init__(self, mounts: Mounts, tiers: Tiers, options: MoveOptions, run: Run) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._options = options
        self._run = run

    def __call__(self, entry: Entry) -> Moved:
        """Save the cached file of `entry` unless the bucket holds all that it has."""
        path = entry.path
        mount = self._mounts.find(path)
        if not mount.real:
            raise PathNotFound(f"{path} is covered by no mount")
        copies = self._tiers.copies(path)
        if not copies:
            raise Gone(f"{path} is not in the cache any longer")
        key = mount.key(path)
        source = mount.bucket.head(key)
        copy, freshness = best_of(path, source, copies)
        alias = copy.tier.alias
        overwrite = self._options.on_conflict == "overwrite"
        if not freshness.is_dirty:
            return Moved(entry, Outcome.SKIPPED, copy.size, alias)
        if freshness is Freshness.CONFLICT and not overwrite:
            raise NotSaved(
                f"{path} differs in bucket and cache, and the bucket changed since the cached file was taken from it"
            )
        with tier_errors(f"tier {alias}: {path}"), copy.tier.opened(path) as fd:
            reading = Reading(path, fd)
            fault("upload.reading")
            saved = mount.bucket.put(key, reading, source, self._run, overwrite=overwrite)
            fault("upload.saved")
            write_stamp(fd, Stamp(saved.size, saved.mtime_ns, saved.etag, reading.mtime_ns))
        self._tiers.drop(path, [other for other in copies if other.tier is not copy.tier])
        return Moved(entry, Outcome.DONE, reading.size, alias)

    def finish(self) -> None:
        """Remove every temporary of this attempt."""
        for root in self._mounts.roots():
            Scratch(root, self._run.name).remove()
