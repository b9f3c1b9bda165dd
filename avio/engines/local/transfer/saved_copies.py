"""Tells of copies whether they are the objects that a listing shows after a save, and marks those that are.

Used in the job process and in its movers. What it does not say of a copy, `recheck` finds out.
"""

import os

from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import of_tier_disk
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads, confirm_saved
from avio.engines.local.tiers import Copy, Tiers
from avio.engines.local.transfer.sent import Sent
from avio.engines.unchecked import concerns_all
from avio.errors import EngineError


class SavedCopies:
    """The copies on `tiers`. `uploads` and `sent` are what this process has uploaded."""

    def __init__(self, mounts: Mounts, tiers: Tiers, uploads: Uploads, sent: Sent) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._uploads = uploads
        self._sent = sent

    def find(self, path: str, source: Source) -> Copy | None:
        """Return the only copy of `path` if it is the object `source`. None says nothing of it: see `was_changed`."""
        try:
            opened = self._tiers.open_only(path)
            if opened is None:
                return None
            try:
                copy = opened.copy()
                return copy if self._is_saved(path, opened.fd, copy, source) else None
            except OSError as error:
                raise of_tier_disk(error, f"tier {opened.tier.alias}: {path}") from None
            finally:
                os.close(opened.fd)
        except EngineError as error:
            if concerns_all(error):
                raise
            return None

    def was_changed(self, path: str) -> bool:
        """Return True if the copy was changed after it was sent, so that only its bytes tell whether it is saved."""
        return path in self._sent.changed

    def distrust(self, path: str) -> None:
        """Take from another process that the copy was changed after it was sent."""
        self._sent.changed.add(path)

    def _is_saved(self, path: str, fd: int, copy: Copy, source: Source) -> bool:
        mount = self._mounts.find(path)
        if self._sent.confirm(path, mount.object_name(path), fd, copy, source):
            return True
        if self.was_changed(path):
            return False
        return confirm_saved(mount, path, fd, copy, source) or self._uploads.has(path, copy, source)
