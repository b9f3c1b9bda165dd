"""What the attempts of jobs that go on had listed: kept in the spool for the next attempt on this node.

keeper keeps and hands over, intake removes what nobody will need. Job processes never get into the directory.
"""

import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from avio.wire.results import LISTING_NAME

KEPT_NAME = "kept"

log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """The listing of a job: its bytes, and the seconds since it was written."""

    job: str
    size: int
    age: float


class KeptListings:
    """The listings in the spool at `root`, one for each job."""

    def __init__(self, root: Path) -> None:
        self._root = root / KEPT_NAME

    def keep(self, job: str, directory: Path) -> None:
        """Take the listing out of the directory of an attempt whose process is gone, if there is one."""
        source = directory / LISTING_NAME
        try:
            if stat.S_ISREG(os.lstat(source).st_mode):  # the job owns the directory
                self._root.mkdir(mode=0o700, exist_ok=True)
                os.replace(source, self._root / job)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("a listing is not kept", extra={"job": job, "why": str(error)})

    def hand_over(self, job: str, directory: Path) -> None:
        """Give what an earlier attempt had listed to the next one, which has `directory`."""
        try:
            os.replace(self._root / job, directory / LISTING_NAME)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("a kept listing is not used", extra={"job": job, "why": str(error)})

    def found(self) -> Iterator[Kept]:
        """Yield the listings that are kept."""
        with suppress(FileNotFoundError), os.scandir(self._root) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # handed over
                    status = entry.stat(follow_symlinks=False)
                    yield Kept(entry.name, status.st_size, time.time() - status.st_mtime)

    def remove(self, job: str) -> None:
        """Remove the listing of a job."""
        (self._root / job).unlink(missing_ok=True)
