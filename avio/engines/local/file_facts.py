"""What the local engine tells of a listed file without asking: by its object's token, its size, and the listing.

Used in the job process.
"""

from avio.engines.base import Entry, Side
from avio.engines.file_facts import FileFacts, by_time
from avio.engines.local.buckets.object_put import PART_BYTES, part_bytes
from avio.engines.local.buckets.ranged_fetch import LARGE_BYTES, RANGE_BYTES
from avio.engines.local.buckets.versions import SECOND_NS
from avio.engines.local.mounts import Mounts

PARTS_REQUESTS = 2  # that begin and complete an upload in parts


class LocalFacts(FileFacts):
    """The facts of files below `mounts`."""

    def __init__(self, mounts: Mounts) -> None:
        self._mounts = mounts
        self._archived = [mount.bucket.archived for mount in mounts if mount.bucket.archived is not None]

    def version(self, entry: Entry, side: Side) -> str:
        """Return size and ETag of an object; without an ETag its time, in the seconds that HEAD and a listing share."""
        if side is not Side.BUCKET or not entry.token:
            return by_time(entry)
        size, mtime_ns, etag = entry.token.split(":", 2)  # as `Source.of_token`, for each of very many files
        if etag:
            return f"{size}-{etag}"
        is_file = self._mounts.find(entry.path).bucket.facts is None
        return f"{size}-{mtime_ns if is_file else int(mtime_ns) // SECOND_NS}"

    def requests(self, entry: Entry, side: Side) -> int | None:
        """Count the ranges of a large download, or the parts of a large upload."""
        size = entry.size or 0
        if side is Side.BUCKET:
            return -(-size // RANGE_BYTES) if size >= LARGE_BYTES else 1
        return -(-size // part_bytes(size)) + PARTS_REQUESTS if size >= PART_BYTES else 1

    def is_archived(self, path: str) -> bool:
        """Ask the listing of its bucket, which has told it together with the file."""
        if not any(archived.keys for archived in self._archived):
            return False
        mount = self._mounts.find(path)
        archived = mount.bucket.archived
        return archived is not None and archived.take(mount.key(path))
