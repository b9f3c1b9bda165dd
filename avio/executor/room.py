"""Which listed files of a preload may be moved: at once, at the end of the listing, or not, since the cache is full.

Runs in the job process, in the lister's thread. In a cache that drops old files for new ones, files go beyond its free
bytes only when all is listed: before that nobody knows what of the order is in place, and would give way to the rest.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from avio.engines.admission import Admission, GivingWay
from avio.engines.base import Entry
from avio.engines.durations import MEASURE_SECONDS
from avio.errors import CacheFull
from avio.executor.failed_files import FailedFiles
from avio.executor.patience import Patience
from avio.executor.room_wait import NoRoomYet, RoomWait
from avio.executor.verb import Verb
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.wire.params import WAIT
from avio.wire.results import ANY_ROOM

# A preload that may not fit, or must choose a tier, moves nothing until all is listed or HOLD_SECONDS have
# passed; until TIGHT_HOLD_SECONDS have passed if what is listed by then takes much of the room.
HOLD_SECONDS = 0.2
TIGHT_HOLD_SECONDS = 5.0
FOREVER_SECONDS = threading.TIMEOUT_MAX / 2

DEFERRED_NAME = "deferred"

log = logging.getLogger(__name__)


class Room:
    """The room of one preload in the cache, from the beginning of its listing to its end."""

    def __init__(self, work: Work, verb: Verb, failed: FailedFiles, worklist: Worklist, patience: Patience) -> None:
        """Ask the cache for its room. With ifFull=fail the readers of `worklist` wait a while for the listing."""
        self._attempt, self._failed, self._worklist = work.attempt, failed, worklist
        self._patience = patience
        self._partly = verb.params.if_full == "partial"
        self._wait = RoomWait(work.attempt, work.order) if verb.params.if_full == WAIT else None
        self._at_once = 0
        self._file = work.directory / DEFERRED_NAME
        self._deferred: Worklist | None = None
        self._released = False
        with work.attempt.silent(MEASURE_SECONDS):
            self._admission: Admission = patience.call(lambda: work.engine.admit(verb.params))
        self._admission.spares = self._spares = work.order.spares and work.order.room_patience > 0
        work.attempt.reserved = self._admission.reserved
        self._began = time.monotonic()
        if self._admission.holds:
            worklist.hold_until(self._began + (FOREVER_SECONDS if self._admission.holds_all else HOLD_SECONDS))

    def admit(self, entry: Entry, needed: int, *, move: bool) -> bool:
        """Count a listed file, whose move needs so many bytes. Return False if it waits for `release`.

        Raise CacheFull if it does not fit, unless the order takes what fits.
        """
        room = self._admission
        if not isinstance(room, GivingWay):
            room.add(needed, {} if move else entry.tiers)
            at_once = True
        elif not move:
            room.hold(sum(entry.tiers.values()))
            at_once = self._partly or self._take(room, 0, 0)
        else:
            at_once = self._at_once + needed <= (room.spare or 0)
            if at_once or not self._partly:
                at_once &= self._take(room, needed, (entry.size or 0) - needed)
        if room.tight and not room.holds_all:
            self._worklist.hold_until(self._began + TIGHT_HOLD_SECONDS)
        if at_once:
            self._at_once += needed
        else:
            self._deferred = self._deferred or Worklist(self._file)
            self._deferred.append(entry, move=True)
        return at_once

    def waiting(self) -> Iterator[str]:
        """Yield the paths that wait for `release`."""
        return iter(()) if self._deferred is None else self._deferred.written()

    def release(self, leave: Callable[[], bool]) -> None:
        """All is listed: let the waiting files move, as far as they fit. The others fail with CacheFull.

        With ifFull=wait, return when there is room for all. Raise Stopped if `leave()` comes first.
        """
        if self._wait is None:
            self._complete()
        else:
            self._wait.until_there(self._complete, self._admission, leave)
        if self._deferred is None:
            return
        self._released = True
        self._deferred.close()
        if self._deferred.failed is not None:
            raise self._deferred.failed
        self._patience.call(self._protect)
        for entry in self._deferred.entries():
            self._attempt.raise_if_stopping()
            if self._fits(entry):
                self._worklist.append(entry, move=True)
        self._tell()

    def _complete(self) -> None:
        """Have all promised. Other jobs that load files of this one end before files of others are dropped for it."""
        with self._attempt.silent(MEASURE_SECONDS):
            try:
                self._patience.call(lambda: self._admission.complete(self._attempt))
            except CacheFull as full:
                if not self._spares:
                    raise
                raise NoRoomYet(f"other jobs load files of it; {full.message}", ANY_ROOM) from None
        self._attempt.raise_if_stopping()

    def close(self) -> None:
        """Give back the room that the transfer has not used, and the disk."""
        self._admission.close()
        if self._deferred is not None and not self._released:
            self._deferred.close()
        self._file.unlink(missing_ok=True)

    def _protect(self) -> None:
        in_place = (entry for entry, move in self._worklist.so_far() if not move)
        self._admission.protect(in_place, self._attempt)

    def _fits(self, entry: Entry) -> bool:
        """Take the room of a file that waited. With ifFull=fail it has been taken."""
        if self._partly:
            try:
                self._admission.add(entry.size or 0)
            except CacheFull as error:
                self._failed.add(entry, error)
                return False
        return True

    def _take(self, room: GivingWay, needed: int, held: int) -> bool:
        """Take the room of a listed file. Return False, or raise CacheFull for ifFull=fail, if it does not fit."""
        try:
            room.add(needed, {"": held})
        except CacheFull:
            if not self._partly:
                raise
            return False
        return True

    def _tell(self) -> None:
        others, spare = self._admission.others(), self._admission.spare
        if others:
            log.warning(
                "%d bytes are loaded, %s are free: %d of other data give way", self._admission.needed, spare, others
            )
            self._attempt.gave_way = others
