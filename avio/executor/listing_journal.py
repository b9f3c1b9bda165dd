"""The journal of a listing: what was listed, on disk, so that the job's next attempt on the node lists only the rest.

Runs in the job process, in the lister's thread. Nothing is synced: each block has a checksum, and what a kill or a
power cut leaves is a shorter journal, never a wrong one. A disk without room costs the journal, not the job.
"""

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from avio.executor.journal_blocks import BLOCK_LINES, Mark, read_block, read_line, whole_block
from avio.executor.path_lines import dumped
from avio.plain_file import open_plain
from avio.wire.results import LISTING_AGE_SECONDS, LISTING_NAME

FORMAT = 1  # of the lines: raise it whenever one of them changes its form or its meaning
MAX_BYTES = 4 << 30
MIN_FREE_BYTES = 64 << 20  # of its disk: with less, the worklist needs the room

BLOCK_FILES = 4096  # that wrote no line; then a block ends
CLOCK_SECONDS = 60.0  # that a clock may be set back

MAGIC = "avio listing"

log = logging.getLogger(__name__)


class ListingJournal:
    """The journal in `directory`. One that an earlier attempt left there is read first, and then goes on.

    `of` tells orders apart: a journal of another one is not used.
    """

    def __init__(self, directory: Path, of: str) -> None:
        self._path = directory / LISTING_NAME
        self._header: list[Any] = [MAGIC, FORMAT, of, int(time.time())]
        self._block: list[bytes] = []
        self._met = 0
        self._good = 0
        self._full = False
        self.mark: Mark | None = None
        self._fd: int | None = None
        self._fd = self._opened()
        self.is_earlier = self._fd is not None
        self._unread = self.is_earlier

    def replay(self) -> Iterator[list[Any]]:
        """Yield the lines of the whole blocks, from the first. `mark` is then that of the last block; None without one.

        Nothing is written before one call has come to its end.
        """
        if self._fd is None:
            return
        try:
            self._good, self.mark = 0, None
            os.lseek(self._fd, 0, os.SEEK_SET)
            with open(self._fd, "rb", closefd=False) as file:
                while (block := read_block(file)) is not None:
                    lines, self.mark = block
                    yield from lines[1:] if self._good == 0 else lines
                    self._good = file.tell()
            if os.fstat(self._fd).st_size > self._good:
                log.warning("the listing of the attempt before is whole up to byte %d; the rest is listed", self._good)
            os.ftruncate(self._fd, self._good)
            self._unread = False
        except OSError as error:
            self._give_up(error)

    def add(self, *line: Any) -> None:
        """Add a line."""
        if not self._full:
            self._block.append(dumped(list(line)))

    def is_due(self) -> bool:
        """Return True if the block should end. Called for each file, before its line."""
        self._met += 1
        return self._met >= BLOCK_FILES or len(self._block) >= BLOCK_LINES

    def end_block(self, mark: Mark) -> None:
        """Write the lines so far with `mark`, up to which they are complete."""
        block, self._block, self._met = self._block, [], 0
        if self._full or self._unread or (not block and mark == self.mark):
            return
        try:
            self._write(block, mark)
            self.mark = mark
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file."""
        self._full = True
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _opened(self) -> int | None:
        """Open the journal of an earlier attempt. None without one; one that is of no use is removed."""
        try:
            fd = open_plain(self._path, os.O_RDWR)
            with open(fd, "rb", closefd=False) as file:
                why = self._unfit(read_line(file))
            if why is None:
                return fd
            os.close(fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            why = str(error)
        log.warning("the listing of the attempt before is not used: %s", why)
        try:
            self._path.unlink()
        except OSError as error:
            self._give_up(error)
        return None

    def _unfit(self, header: Any) -> str | None:
        """Return why a journal with this header is of no use, or None."""
        match header:
            case [str(magic), int(form), str(of), int(begun)] if magic == MAGIC:
                age = self._header[3] - begun
                if form != FORMAT:
                    return f"its format is {form}, and this version of avio has {FORMAT}"
                if of != self._header[2]:
                    return "it is of another order"
                if not -CLOCK_SECONDS <= age <= LISTING_AGE_SECONDS:
                    return f"it was begun {age} s ago, and the most is {LISTING_AGE_SECONDS:.0f}"
                return None
            case _:
                return "it is damaged"

    def _write(self, block: list[bytes], mark: Mark) -> None:
        if self._fd is None:
            self._fd = open_plain(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        if self._good == 0:
            block = [dumped(self._header), *block]
        data = whole_block(block, mark)
        disk = os.fstatvfs(self._fd)
        if disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, f"its disk has less than {MIN_FREE_BYTES} bytes free")
        if self._good + len(data) > MAX_BYTES:
            self._full = True
            log.warning("the listing is noted up to %d bytes; another attempt would list the rest", self._good)
            return
        if os.pwrite(self._fd, data, self._good) < len(data):
            raise OSError(errno.ENOSPC, "its disk is full")
        self._good += len(data)

    def _give_up(self, error: OSError) -> None:
        """Free the disk, and note nothing from now on."""
        log.warning("the listing is not noted: %s; another attempt would list again", error)
        self._full, self.mark = True, None
        if self._fd is not None:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
        self.close()
