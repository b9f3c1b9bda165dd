"""A `file://` bucket: a directory tree of this node or of a file system that it has mounted.

Own code on system calls: obstore's local store lists in no order, follows symlinks and does not fsync.
Used in web and the job process.
"""

import os
import stat
from collections.abc import Iterator
from itertools import chain

from avio.engines.base import Run
from avio.engines.local.buckets.base import Bucket, Source
from avio.engines.local.copying import CHUNK, copy_bytes, write_all
from avio.engines.local.errors import bucket_disk_errors
from avio.engines.local.reading import Reading
from avio.engines.local.root import Root
from avio.engines.local.scratch import Scratch
from avio.engines.local.stopping import go_on
from avio.engines.local.trees import Found, Walk, runs
from avio.errors import NotSaved, SourceChanged


class FilesBucket(Bucket):
    """The plain files below `directory`; symlinks in it are neither listed nor followed."""

    def __init__(self, directory: str, separator: str = "/") -> None:
        self.separator = separator
        self._directory = directory
        self._root = Root(directory, make=False)

    @property
    def root(self) -> Root:
        """The directory itself."""
        return self._root

    def head(self, key: str) -> Source | None:
        """Return the file at `key`, None where no plain file is."""
        with bucket_disk_errors(self._name(key)):
            status = self._root.stat(key)
        return _source(key, status) if status is not None and stat.S_ISREG(status.st_mode) else None

    def has_directory(self, key: str) -> bool:
        """Tell whether `key` is a directory."""
        with bucket_disk_errors(self._name(key)):
            status = self._root.stat(key)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def scan(self, prefix: str, after: str = "", depth: int | None = None, *, ordered: bool = True) -> Iterator[Source]:
        """Yield the files below `prefix` in key order."""
        return (Source(*found) for found in chain.from_iterable(self.runs(prefix, after, depth)))

    def runs(self, prefix: str, after: str = "", depth: int | None = None) -> Iterator[list[Found]]:
        """Yield what `scan` does, the files of a directory at once."""
        self.ping()
        return runs(Walk(self._root, "", prefix, after, self.separator, depth))

    def fetch(self, source: Source, target: int, run: Run) -> Source:
        """Copy the file inside the kernel."""
        with bucket_disk_errors(self._name(source.key)):
            fd = self._root.open_file(source.key, os.O_RDONLY)
        try:
            before = _source(source.key, os.fstat(fd))
            copied = copy_bytes(fd, target, before.size, run)
            if copied != before.size or _source(source.key, os.fstat(fd)) != before:
                raise SourceChanged(f"{self._name(source.key)} changed while it was read")
            return before
        finally:
            os.close(fd)

    def put(self, key: str, reading: Reading, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Write a temporary, fsync, rename, fsync the directory; the file takes the mtime of the cached one."""

        def unchanged(there: os.stat_result | None) -> bool:
            return overwrite or (_source(key, there) if there is not None else None) == expected

        with bucket_disk_errors(self._name(key)), Scratch(self._root, run.name).file() as temporary:
            for chunk in reading.chunks(run):
                write_all(temporary.fd, chunk)
            os.utime(temporary.fd, ns=(reading.mtime_ns, reading.mtime_ns))
            status = os.fstat(temporary.fd)
            if not temporary.publish(key, unchanged, durable=True):
                raise NotSaved(f"{self._name(key)} changed since the cached file was taken from it")
            return _source(key, status)

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Compare byte by byte."""
        with bucket_disk_errors(self._name(source.key)):
            fd = self._root.open_file(source.key, os.O_RDONLY)
            try:
                offset = 0
                while True:
                    go_on(run)
                    chunk = os.pread(fd, CHUNK, offset)
                    if chunk != os.pread(cached, CHUNK, offset):
                        return False
                    if not chunk:
                        return True
                    offset += len(chunk)
            finally:
                os.close(fd)

    def ping(self) -> None:
        """Return when the directory is there."""
        with bucket_disk_errors(self._name("")):
            os.fstat(self._root.fd)

    def _name(self, key: str) -> str:
        return f"{self._directory}/{key}".rstrip("/")


def _source(key: str, status: os.stat_result) -> Source:
    return Source(key, status.st_size, status.st_mtime_ns)
