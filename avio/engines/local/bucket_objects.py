"""New objects in the buckets of mounts.

Used in web, which asks where one would go, and in the job process, which makes it.
"""

from avio.engines.local.mounts import Mounts
from avio.engines.local.scratch import Scratch
from avio.engines.local.tiers import Tiers
from avio.engines.local.upload_journal import UploadJournal, close_journal
from avio.engines.local.upload_source import UploadSource
from avio.engines.new_objects import NewObjects
from avio.engines.run import Run
from avio.errors import NoMount, NotSaved


class BucketObjects(NewObjects):
    """Uploads as a save does. Uploads in parts are noted on the first of `tiers`."""

    def __init__(self, mounts: Mounts, tiers: Tiers) -> None:
        self._mounts, self._tiers = mounts, tiers

    def place_for(self, path: str, name: str) -> str:
        """Ask the bucket whether `path` is a directory."""
        place = path.rstrip("/")
        mount = self._mounts.find(place)
        if not mount.real:
            raise NoMount(place)
        if (unfit := mount.bucket.unfit(mount.key(place))) is not None:
            raise unfit
        if path.endswith("/") or mount.bucket.has_directory(mount.key(place)):
            return f"{place}/{name}"
        return place

    def add(self, path: str, source: int, run: Run) -> bool:
        """Upload the file where no object is."""
        mount = self._mounts.find(path)
        root = self._tiers.own[0].root
        upload = UploadSource(path, source, UploadJournal(root, run.name, mount.path))
        try:
            if mount.bucket.head(mount.key(path)) is not None:
                return False
            mount.bucket.put(mount.key(path), upload, None, run, overwrite=False)
        except NotSaved:
            return False
        finally:
            if mount.bucket.root is not None:
                Scratch(mount.bucket.root, run.name).remove()
            close_journal(root, run.name)
        return True
