"""Recognises copies whose bytes the bucket has although no stamp says so, and those that differ although one does.

After a PUT the stamp may be missing: the process died, the file is another user's, the tier takes no attributes. An
etag that is an MD5 of the bytes is as good as a stamp. Used in web and the job process.
"""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from hashlib import blake2b

from avio.engines.bandwidth import Bandwidth
from avio.engines.left_out import Unreadable
from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness, judge
from avio.engines.local.mounts import Mount
from avio.engines.local.stamps import Marks, ObjectName, read_marks, write_stamp
from avio.engines.local.tiers import Copy, judged, that_counts
from avio.engines.run import Run
from avio.errors import EngineError, Gone, StoreError

TASK_BYTES = 8 << 20  # of a touched copy that a task compares
# Why a copy can't be read: this user may not, it was removed, or something else is at its path now.
_NOT_TO_READ = (Unreadable, Gone, StoreError)
MAX_KEPT = 1 << 20  # uploads without a stamp that are remembered; about 100 bytes each


def judged_now(
    mount: Mount, path: str, source: Source | None, copies: Sequence[Copy], run: Run | None = None
) -> tuple[Copy, Freshness]:
    """Return the copy of `path` that counts, and its state, judged strictly.

    Reads copies whose state would be a conflict, and those that were touched. A copy that the bucket has counts only
    if no other one could be lost. `run` is the attempt that it is for; a task reads no touched copy of more than
    TASK_BYTES, which then counts as unsaved.
    """
    return that_counts([(copy, _proved_state(mount, path, source, copy, run)) for copy in copies])


def _proved_state(mount: Mount, path: str, source: Source | None, copy: Copy, run: Run | None) -> Freshness:
    freshness = state_of(mount, path, source, copy, run)
    if freshness is Freshness.CONFLICT and source is not None and is_of(mount, path, source, copy, run):
        return Freshness.CACHED
    return freshness


def state_of(mount: Mount, path: str, source: Source | None, copy: Copy, run: Run | None) -> Freshness:
    """Return the state of one copy, judged strictly. What its bytes say counts if it was touched."""
    return settled(mount, path, source, copy, judged(path, mount.object_name(path), source, copy, strict=True), run)


def settled(
    mount: Mount, path: str, source: Source | None, copy: Copy, freshness: Freshness, run: Run | None
) -> Freshness:
    """Return `freshness`, or instead of TOUCHED what the bytes of `copy` say: CONFLICT if nothing can tell.

    A task reads no large copy; to it such a copy stays TOUCHED.
    """
    if freshness is not Freshness.TOUCHED or (run is None and copy.size > TASK_BYTES):
        return freshness
    name = mount.object_name(path)
    clean = judged(path, name, source, copy)
    if source is not None and clean is Freshness.CACHED:
        return Freshness.CACHED if _same(mount, path, source, copy, run or _Task()) else Freshness.DIRTY
    stamp = copy.tier.marks_of(path, name).stamp
    if stamp is not None:
        known = Source(mount.key(path), stamp.size, stamp.mtime_ns, stamp.etag)
        if is_of(mount, path, known, copy, run):
            return clean
        if source is None and copy.size == known.size and mount.bucket.proves(known):
            return Freshness.DIRTY
    return Freshness.CONFLICT


def confirm(mount: Mount, path: str, copy: Copy, source: Source | None) -> None:
    """Mark a touched copy whose bytes were compared: the next look need not read them. `copy` has its ctime.

    Mark a copy whose upload is seen for the first time, as `source`, too: if that goes, it was deleted.
    A copy that this user may not read was not compared. One that vanished needs no mark.
    """
    name = mount.object_name(path)
    with suppress(*_NOT_TO_READ), tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
        _confirm(fd, name, read_marks(fd, name), copy, source)


def _confirm(fd: int, name: ObjectName, marks: Marks, copy: Copy, source: Source | None) -> None:
    stamp, _, touched, alone = marks
    if stamp is None:
        return
    if source is not None and stamp.replaces is not None and stamp.etag == source.etag:
        stamp = stamp._replace(mtime_ns=source.mtime_ns, replaces=None, seen_ns=copy.ctime_ns)
    elif touched:
        stamp = stamp._replace(seen_ns=copy.ctime_ns)
    else:
        return
    write_stamp(fd, name, stamp, alone=alone)


def confirm_saved(mount: Mount, path: str, fd: int, copy: Copy, source: Source) -> bool:
    """Return True if `copy`, the only one, is `source`, as its marks say. Mark that the object was seen, as `confirm`.

    Its file is open as `fd`. Reads no bytes.
    """
    name = mount.object_name(path)
    marks = read_marks(fd, name)
    saved = judge(source, copy.size, copy.mtime_ns, lambda: marks, strict=True) is Freshness.CACHED
    if saved:
        _confirm(fd, name, marks, copy, source)
    return saved


def _same(mount: Mount, path: str, source: Source, copy: Copy, run: Run) -> bool:
    """Compare a copy with its object: by the etag, or else with the object's bytes. False if one of them is gone."""
    if is_of(mount, path, source, copy, run):
        return True
    with suppress(Gone), tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
        return mount.bucket.same(source, fd, run)
    return False


class _Task:
    """The run of a task, which nobody stops and nobody follows."""

    name = "task"
    threads = 1
    concurrency = None

    def __init__(self) -> None:
        self.bandwidth = Bandwidth()

    def stopping(self) -> bool:
        return False

    def moved(self, size: int) -> None:
        """Count nothing."""

    def advanced(self, size: int) -> None:
        """Count nothing."""

    def checked(self, size: int) -> None:
        """Count nothing."""

    def waits(self, error: EngineError | None, of: object) -> None:
        """Tell nobody."""

    def silent(self, seconds: float) -> AbstractContextManager[None]:
        return nullcontext()


def is_of(mount: Mount, path: str, source: Source, copy: Copy, run: Run | None = None) -> bool:
    """Return True if the etag of `source` is one of the bytes of `copy`, which may have vanished since its stat."""
    if copy.size != source.size or not mount.bucket.proves(source):
        return False
    with suppress(*_NOT_TO_READ), tier_errors(f"tier {copy.tier.alias}: {path}"), copy.tier.opened(path) as fd:
        return mount.bucket.matches(source, fd, run)
    return False


class Uploads:
    """What this process, or a mover of it, has uploaded without leaving a stamp: the copy and its object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digests: set[bytes] = set()
        self._new: list[str] = []  # since `take_new`

    def add(self, path: str, size: int, mtime_ns: int, source: Source) -> None:
        """Remember that the copy of `path` with `size` and `mtime_ns` is the object `source`."""
        digest = _digest(path, size, mtime_ns, source)
        with self._lock:
            if len(self._digests) < MAX_KEPT:
                self._digests.add(digest)
                self._new.append(digest.hex())

    def take_new(self) -> list[str]:
        """Return what was added since the last call, for `add_all` of another process."""
        if not self._new:
            return []
        with self._lock:
            new, self._new = self._new, []
        return new

    def add_all(self, new: Sequence[str]) -> None:
        """Remember what `take_new` of a mover returned."""
        if new:
            with self._lock:
                self._digests.update(bytes.fromhex(each) for each in new[: MAX_KEPT - len(self._digests)])

    def has(self, path: str, copy: Copy, source: Source) -> bool:
        """Return True if `copy` was uploaded as `source`."""
        return bool(self._digests) and _digest(path, copy.size, copy.mtime_ns, source) in self._digests


def _digest(path: str, size: int, mtime_ns: int, source: Source) -> bytes:
    version = f"{source.size}:{source.etag or source.mtime_ns}"
    text = f"{path}\0{size}:{mtime_ns}\0{version}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
