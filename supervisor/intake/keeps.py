"""Writes the open keeps of all users for the jobs of the node, which have no database.

Runs in intake's database thread, at each poll. Jobs only read the file, and take all for kept once it is too old.
"""

import logging
import os

from avio.clock import boottime
from avio.db import keeps
from avio.db.connection import borrow
from avio.log import LogPace
from avio.plain_file import open_plain
from avio.wire.keeps import OpenKeep, OpenKeeps
from supervisor.shared.spool import Spool

log = logging.getLogger(__name__)


class KeepsFile:
    """The file of one node. It is replaced as a whole, so that no job reads half of one."""

    def __init__(self, spool: Spool) -> None:
        self._file = spool.keeps
        self._pace = LogPace()

    def write(self) -> None:
        """Write the keeps that are open now, if the database answers. An older file stays, and becomes too old."""
        read = boottime()  # before the query: what it does not see was made later
        with borrow():
            found = keeps.all_open()
        if found is None:
            if self._pace.is_due("too many"):
                log.warning("too many keeps: no job of this node evicts anything", extra={"most": keeps.MOST})
            return
        rows = tuple(
            OpenKeep(held.path, held.uid, held.user, None if held.seconds_left is None else read + held.seconds_left)
            for held in found
        )
        try:
            self._replace(OpenKeeps(read, rows).to_json().encode())
        except OSError as error:
            if self._pace.is_due(repr(error)):
                log.warning("keeps not written: no job of this node evicts anything", extra={"why": str(error)})

    def _replace(self, text: bytes) -> None:
        new = self._file.with_name(f"{self._file.name}.new")
        new.unlink(missing_ok=True)
        fd = open_plain(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with open(fd, "wb") as stream:
            os.fchmod(fd, 0o644)  # the user of the job reads it, whatever the umask
            stream.write(text)
        new.replace(self._file)
