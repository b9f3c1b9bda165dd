"""Small cached files that can go into their bucket by one PUT alone: read, and marked with what is sent.

Used in the job process and in its movers. A file that needs another look, at its bucket, its other copies or its bytes,
is left to a thread.
"""

import hashlib
import os
import time
from typing import NamedTuple

from avio.engines.base import Entry
from avio.engines.local.birth import inode_of
from avio.engines.local.buckets.base import Bucket, Source
from avio.engines.local.buckets.content_types import content_type
from avio.engines.local.buckets.multiput import SmallPut
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.clock_ticks import tick_is_over
from avio.engines.local.errors import of_tier_disk
from avio.engines.local.freshness import Freshness, judge
from avio.engines.local.mounts import Mount, Mounts
from avio.engines.local.open_writers import has_writer
from avio.engines.local.recognition import Uploads
from avio.engines.local.stamps import Stamp, read_marks, stamp_known, write_stamp
from avio.engines.local.tiers import Copy, OpenCopy, Tiers
from avio.engines.overwrite import replaces_any
from avio.wire.params import Params

SMALL_BYTES = 1 << 20
_ALL = (Freshness.CACHED, Freshness.CONFLICT)

_Marked = tuple[Copy, bytes, bytes, Stamp, int | None]  # the copy, its bytes, their MD5, and as in `Outgoing`

new = tuple.__new__


class Outgoing(NamedTuple):
    """A file that is sent: its entry, its copy as it was read, and where it goes. `tries` counts its PUTs, with this.

    The copy has the pending `stamp` of its bytes, which gave it the ctime `stamped_ns`. That is None if it has no
    stamp, or has those of other objects too.
    """

    entry: Entry
    copy: Copy
    stamp: Stamp
    stamped_ns: int | None
    bucket: Bucket
    place: S3Place
    put: SmallPut
    tries: int = 1


class OutgoingFiles:
    """The small files of one attempt."""

    def __init__(self, mounts: Mounts, tiers: Tiers, uploads: Uploads, params: Params) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._uploads = uploads
        self._overwrite = replaces_any(params)
        self._states = (Freshness.DIRTY, *(_ALL if params.overwrite == "always" else ()))
        self._looks = params.overwrite in ("never", "newer", "fail")  # at an object that is there
        self._compares = params.versions  # the copy with the one that was listed

    def read(self, entry: Entry) -> Outgoing | None:
        """Read the file of `entry`. None: a thread must upload it. Raises the errors of a tier."""
        path = entry.path
        mount = self._mounts.find(path)
        key, bucket = mount.key(path), mount.bucket
        source = Source.of_token(key, entry.token) if entry.token else None
        if self._compares or (source is not None and self._looks):
            return None
        condition = bucket.condition(source, overwrite=self._overwrite)
        place, facts = bucket.place, bucket.facts
        if condition is None or place is None or bucket.unfit(key) is not None:
            return None
        opened = self._tiers.open_only(path)
        if opened is None:
            return None
        try:
            marked = self._marked(mount, path, source, opened)
        except OSError as error:
            raise of_tier_disk(error, f"tier {opened.tier.alias}: {path}") from None
        finally:
            os.close(opened.fd)
        if marked is None:
            return None
        copy, content, md5, stamp, stamped_ns = marked
        headers = (f"Content-Type: {content_type(key)}", *condition)
        put = new(SmallPut, (key, content, md5, headers, facts is None or facts.takes_md5))
        return new(Outgoing, (entry, copy, stamp, stamped_ns, bucket, place, put, 1))

    def _marked(self, mount: Mount, path: str, source: Source | None, opened: OpenCopy) -> _Marked | None:
        """Return the bytes of a copy that is to be saved, with their MD5, and leave a mark of them on the copy.

        The mark says what the bucket will have: it counts from the moment when the bucket has it.
        """
        tier, fd = opened
        number, mtime_ns, ctime_ns, born_ns, size = inode_of(fd)
        copy: Copy = new(Copy, (tier, size, mtime_ns, ctime_ns, number))
        if size > SMALL_BYTES or not tick_is_over(mtime_ns, time.time_ns()):
            return None
        name = mount.object_name(path)
        marks = read_marks(fd, name)
        state = judge(source, size, mtime_ns, lambda: marks, strict=True)
        if state not in self._states or has_writer(fd) is not False:
            return None
        content = os.pread(fd, size + 1, 0)
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        if len(content) != size or opened.copy() != copy:
            return None
        # A conflict stays one as long as the bucket has another object than is sent.
        before = "" if source is None or state is Freshness.CONFLICT else source.etag or ""
        etag = f'"{md5.hex()}"'
        stamp: Stamp = new(Stamp, (size, 0, etag, mtime_ns, number, ctime_ns, None, born_ns, name.store, before))
        if marks.alone:
            stamped_ns = stamp_known(fd, name, stamp)
            is_stamped = stamped_ns is not None
        else:
            stamped_ns, is_stamped = None, write_stamp(fd, name, stamp)
        if not is_stamped:
            self._uploads.add(path, size, mtime_ns, Source(mount.key(path), *stamp[:3]))
        return copy, content, md5, stamp, stamped_ns
