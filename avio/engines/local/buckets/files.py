"""A `file://` bucket: a directory tree on this node, or on a file system that it has mounted.

Own code with system calls: obstore's local store has no order, follows symlinks and does not fsync.
Used in web and the job process.
"""

import errno
import os
import stat
from collections.abc import Iterator
from itertools import chain

from avio.engines.durations import sync_seconds
from avio.engines.local.buckets.base import DEFAULT_COPY_MODE, Bucket, Fetched, OtherVersion, Source, Spread
from avio.engines.local.buckets.file_rights import FileRights, widens
from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.clock_ticks import await_next_tick
from avio.engines.local.directory_window import Found, LeaveOut
from avio.engines.local.errors import bucket_disk_errors, conflict
from avio.engines.local.kernel_copy import copy_bytes, same_bytes, write_all
from avio.engines.local.obstacles import CURE, Obstacle, find_obstacle
from avio.engines.local.root import Root
from avio.engines.local.scratch import Scratch, Temporary
from avio.engines.local.tree_walk import Walk, ignore, level, runs
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import SourceChanged, StoreError
from avio.plain_file import NotPlain, require_plain


class FilesBucket(Bucket):
    """The plain files below `directory`. It follows a symlink only if asked, and only inside the directory.

    `mount` is the path at which it is mounted: with it, a path must not be too long for a tier.
    """

    def __init__(self, directory: str, separator: str = "/", mount: str = "/") -> None:
        self.separator = separator
        self._directory = directory
        self._in_tier = f"{mount[1:]}/" if mount != "/" else ""
        self.url = f"file://{directory}"
        self._root = Root(directory, make=False)
        self._rights = FileRights(self._root)

    @property
    def root(self) -> Root:
        """The directory itself."""
        return self._root

    def head(self, key: str) -> Source | None:
        """Return the plain file at `key`, or None."""
        with bucket_disk_errors(self._name(key)):
            status = self._root.stat(key)
        return _source(key, status) if status is not None and stat.S_ISREG(status.st_mode) else None

    def has_directory(self, key: str) -> bool:
        """Return True if `key` is a directory."""
        with bucket_disk_errors(self._name(key)):
            status = self._root.stat(key)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def obstacle(self, key: str) -> Obstacle | None:
        """Look at each name of `key`."""
        with bucket_disk_errors(self._name(key)):
            return find_obstacle(self._root, key)

    def target(self, key: str) -> Source | None:
        """Return the plain file that `key` leads to."""
        status = self._root.target(key)
        return _source(key, status) if status is not None and stat.S_ISREG(status.st_mode) else None

    def scan(
        self,
        prefix: str,
        after: str = "",
        depth: int | None = None,
        *,
        ordered: bool = True,
        follow: bool = False,
        leave_out: LeaveOut = ignore,
    ) -> Iterator[Source]:
        """Yield the files below `prefix` in key order."""
        how = self._how(prefix, after, leave_out)._replace(depth=depth, follow=follow)
        return (Source(*found) for found in chain.from_iterable(self._walk(how)))

    def runs(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[list[Found]]:
        """Yield the files of `scan`, one run for each directory."""
        return self._walk(self._how(prefix, after, leave_out)._replace(window=pace.window))

    def level(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[list[Found]]:
        """Read the one directory. A directory without any file is skipped, as in `scan`."""
        how = self._how(prefix, after, leave_out)._replace(window=pace.window)
        self.ping()
        with bucket_disk_errors(self._name(prefix)):
            yield from level(how)

    def _how(self, prefix: str, after: str, leave_out: LeaveOut) -> Walk:
        return Walk(self._root, "", prefix, after, self.separator, leave_out=leave_out, copied_to=self._in_tier)

    def _walk(self, how: Walk) -> Iterator[list[Found]]:
        self.ping()
        with bucket_disk_errors(self._name(how.prefix)):
            yield from runs(how)

    def fetch(
        self, source: Source, target: int, run: Run, *, prove: bool = True, spread: Spread | None = None
    ) -> Fetched:
        """Copy the file inside the kernel."""
        with bucket_disk_errors(self._name(source.key)):
            fd = self._open(source.key)
        try:
            before = _source(source.key, os.fstat(fd))
            if self.asked_mode is None and widens(fd, target):
                raise SourceChanged(f"the rights of {self._name(source.key)} changed")
            if before != source:
                raise OtherVersion(f"{self._name(source.key)} changed after it was listed")
            await_next_tick(before.mtime_ns, run)
            copied = copy_bytes(fd, target, before.size, run)
            if copied != before.size or _source(source.key, os.fstat(fd)) != before:
                raise SourceChanged(f"{self._name(source.key)} changed while it was read")
            return Fetched(before)
        finally:
            os.close(fd)

    def copy_mode(self, source: Source) -> int:
        """Return the rights of a copy: no more than the file and the directories above it give to others."""
        if self.asked_mode is not None:
            return self.asked_mode
        with bucket_disk_errors(self._name(source.key)):
            return DEFAULT_COPY_MODE & self._rights.of(source.key)

    def put(self, key: str, upload: UploadSource, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Write a temporary file, fsync, rename, fsync the directory. The file gets the mtime of the cached file."""

        def unchanged(there: os.stat_result | None) -> bool:
            return overwrite or (_source(key, there) if there is not None else None) == expected

        with bucket_disk_errors(self._name(key)), self._new_file(upload, run) as temporary:
            for chunk in upload.chunks(run):
                write_all(temporary.fd, chunk)
            os.utime(temporary.fd, ns=(upload.mtime_ns, upload.mtime_ns))
            status = os.fstat(temporary.fd)
            with run.silent(sync_seconds(status.st_size)):
                temporary.sync()
                try:
                    published = temporary.publish(key, unchanged, durable=True)
                except NotADirectoryError:
                    raise self._blocked(key) from None
            if not published:
                raise conflict(self._name(key))
            return _source(key, status)

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Compare byte by byte."""
        with bucket_disk_errors(self._name(source.key)):
            fd = self._open(source.key)
            try:
                return same_bytes(fd, cached, run)
            finally:
                os.close(fd)

    def equals(self, source: Source, cached: int, run: Run) -> bool | None:
        """Compare byte by byte: the file is here."""
        return self.same(source, cached, run)

    def ping(self) -> None:
        """Return if the directory exists."""
        with bucket_disk_errors(self._name("")):
            os.fstat(self._root.fd)

    def _new_file(self, upload: UploadSource, run: Run) -> Temporary:
        """Return a temporary file with no more rights than the cached file has."""
        mode = os.fstat(upload.fd).st_mode if self.asked_mode is None else self.asked_mode
        return Scratch(self._root, run.name).file(mode=DEFAULT_COPY_MODE & mode)

    def _blocked(self, key: str) -> StoreError:
        """Return the error of a key that can't be written since another name is no directory."""
        found = self.obstacle(key)
        name, kind = (key, "no directory") if found is None else found
        return StoreError(f"{self._name(key)} can't be written: {self._name(name)} is {kind}", cure=CURE)

    def _open(self, key: str) -> int:
        try:
            try:
                return self._root.open_file(key, os.O_RDONLY)
            except OSError as error:
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                # Listed as the target of a symlink.
                return require_plain(self._root.follow(key, os.O_RDONLY | os.O_NONBLOCK), key)
        except NotPlain:
            raise OtherVersion(f"{self._name(key)} is no longer a plain file") from None

    def _name(self, key: str) -> str:
        return f"{self._directory}/{key}".rstrip("/")


def _source(key: str, status: os.stat_result) -> Source:
    return Source(key, status.st_size, status.st_mtime_ns)
